/**
 * The data path of one replica: a Kafka Streams topology around the pure {@link io.trueup.reconcile.Reconciler}. It decodes
 * the input, sends the output, and detects when the input is consumed up to its end, which seals a cut. Begin with
 * {@link io.trueup.stream.ReplicaTopology}, then {@link io.trueup.stream.ReconcileProcessor}.
 */
package io.trueup.stream;
