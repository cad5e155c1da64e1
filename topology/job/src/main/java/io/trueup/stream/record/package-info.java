/** The records that flow through the topology, from the decoders to the reconciler and from there to the sinks, and the names of its nodes. */
package io.trueup.stream.record;
