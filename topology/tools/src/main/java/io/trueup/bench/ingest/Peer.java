package io.trueup.bench.ingest;

/** What reads the topics. All but the first are Kafka Streams applications with one stream thread. */
public enum Peer {
    /** Reads the first topic, and does nothing with the records. */
    CONSUMER("plain consumer", 1),
    /** A source and a processor that does nothing, on the first topic. */
    EMPTY("empty Streams job", 1),
    /** An outer join of two tables, one of each topic. */
    JOIN("KTable outer join", 2),
    /** The reconciler of one replica, whose writes topic is the first topic. Its entries are in RocksDB. */
    JOB("trueup job, state.store=rocksdb", 1),
    /** The same, with its entries in the heap. */
    JOB_IN_MEMORY("trueup job, state.store=memory", 1);

    private final String label;
    private final int topics;

    Peer(String label, int topics) {
        this.label = label;
        this.topics = topics;
    }

    public String label() {
        return label;
    }

    /** How many of the topics it reads. */
    int topics() {
        return topics;
    }
}
