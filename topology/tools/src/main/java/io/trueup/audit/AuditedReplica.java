package io.trueup.audit;

import java.util.Optional;

/**
 * A replica to be compared, and where what it holds is told.
 *
 * @param name its name
 * @param topic its writes topic
 * @param format one of {@link io.trueup.source.WriteFormat#NAMES}
 * @param repairsTopic topic of the repair events for it, in the same cluster, if there is one
 * @param cluster where the topics are
 */
public record AuditedReplica(
        String name, String topic, String format, Optional<String> repairsTopic, Cluster cluster) {}
