package io.trueup.stream;

import io.trueup.config.ReplicaTopics;
import io.trueup.repair.RepairFormat;
import io.trueup.source.WriteFormat;
import java.util.Locale;

/** The formats of a replica's topics, as configured. */
final class Formats {

    private Formats() {}

    static WriteFormat writes(ReplicaTopics replica) {
        return WriteFormat.of(name(replica.writesFormat()), replica.writesTopic());
    }

    static RepairFormat repairs(String dataset, ReplicaTopics replica) {
        return RepairFormat.of(name(replica.repairsFormat()), dataset, replica.name(), replica.repairsTopic());
    }

    private static String name(ReplicaTopics.Format format) {
        return format.name().toLowerCase(Locale.ROOT);
    }
}
