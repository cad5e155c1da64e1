/** What people have decided: choices between the sides of a conflict, and approvals in place of a proof. */
package io.trueup.reconcile.decision;
