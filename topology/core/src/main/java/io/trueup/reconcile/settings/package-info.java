/** What a reconciler must know of the configuration: times, limits and rules, and which replicas own which partitions. */
package io.trueup.reconcile.settings;
