package io.trueup.stream;

/** Names of the nodes of a replica's topology. They appear in logs, metrics and topology descriptions: keep them stable. */
final class Nodes {

    static final String WRITES = "writes";
    static final String CONTROL = "control";
    static final String REPAIRS = "repairs";
    static final String OBSERVATIONS = "observations";

    static final String DECODE_WRITES = "decode-writes";
    static final String DECODE_CONTROL = "decode-control";
    static final String DECODE_REPAIRS = "decode-repairs";
    static final String DECODE_OBSERVATIONS = "decode-observations";

    static final String RECONCILE = "reconcile";

    static final String CONTROL_SINK = "control-sink";
    static final String REPAIR_SINK = "repair-sink";
    static final String ROUNDS_SINK = "rounds-sink";
    static final String CONFLICTS_SINK = "conflicts-sink";
    static final String DEAD_LETTER_SINK = "dead-letter-sink";

    private Nodes() {}
}
