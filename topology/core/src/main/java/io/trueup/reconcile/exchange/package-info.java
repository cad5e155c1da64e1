/**
 * Control messages, and how replicas find the segments in which they differ. Begin with {@link
 * io.trueup.reconcile.exchange.Exchange}: what happens when a root differs.
 */
package io.trueup.reconcile.exchange;
