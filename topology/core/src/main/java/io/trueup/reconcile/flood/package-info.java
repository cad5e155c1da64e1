/** What distinguishes a mistake from a divergence: the flood guard, outages, and datasets that do not belong together. */
package io.trueup.reconcile.flood;
