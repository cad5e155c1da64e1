/** What people have decided: choices between the sides of a conflict, approvals in place of a proof, and pauses. */
package io.trueup.reconcile.decision;
