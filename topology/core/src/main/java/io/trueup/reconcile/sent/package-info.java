/** Repairs that were sent: their ids, the attempts of each, and what the targets answer. */
package io.trueup.reconcile.sent;
