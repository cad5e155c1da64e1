package io.trueup.bench.process;

/**
 * What a process of a job says of itself, one after the other.
 *
 * <p>The counts say what the process did since it was started.
 *
 * @param kind what it has reached
 * @param ms milliseconds since its JVM was started
 * @param restored records that Kafka Streams has restored from changelogs
 * @param read records of the writes topic that it has processed
 */
public record Milestone(Kind kind, double ms, long restored, long read) {

    /** What a process reaches. */
    public enum Kind {
        /** Kafka Streams has restored the state, and runs. */
        RUNNING,
        /** The trees of all partitions are built from the stored entries. */
        TREES,
        /** A round has sealed a cut in each partition, and all expected keys are in the trees. */
        SEALED,
        /** Moreover, each partition was compared with the peer, and is equal. */
        COMPARED
    }

    String line() {
        return kind + " " + ms + " " + restored + " " + read;
    }

    static Milestone parse(String line) {
        String[] words = line.split(" ", -1);
        return new Milestone(
                Kind.valueOf(words[0]),
                Double.parseDouble(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]));
    }
}
