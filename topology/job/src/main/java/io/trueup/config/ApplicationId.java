package io.trueup.config;

/**
 * The ids of the Kafka Streams applications, one for each replica of each dataset. Both names may contain the character between
 * them, so each of theirs is doubled: of all runs of it, only the one that ends with the separator has an odd length, because the
 * name of a replica does not begin with it. So no two applications have the same id. One id may be the beginning of another.
 */
final class ApplicationId {

    /** Leaves space for the rest of the name of a changelog topic, which has at most 249 characters. */
    static final int MAX_LENGTH = 200;

    private static final String SEPARATOR = "-";

    private ApplicationId() {}

    static String of(String dataset, String replica) {
        return startOf(dataset) + SEPARATOR + doubled(replica);
    }

    /** What the ids of all replicas of a dataset begin with. */
    static String startOf(String dataset) {
        return "trueup-" + doubled(dataset);
    }

    private static String doubled(String name) {
        return name.replace(SEPARATOR, SEPARATOR + SEPARATOR);
    }
}
