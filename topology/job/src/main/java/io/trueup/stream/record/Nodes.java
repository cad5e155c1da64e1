package io.trueup.stream.record;

/** Names of the nodes of a replica's topology. They appear in logs, metrics and topology descriptions: keep them stable. */
public final class Nodes {

    public static final String WRITES = "writes";
    public static final String CONTROL = "control";
    public static final String REPAIRS = "repairs";
    public static final String OBSERVATIONS = "observations";

    public static final String DECODE_WRITES = "decode-writes";
    public static final String DECODE_CONTROL = "decode-control";
    public static final String DECODE_REPAIRS = "decode-repairs";
    public static final String DECODE_OBSERVATIONS = "decode-observations";

    public static final String RECONCILE = "reconcile";

    public static final String CONTROL_SINK = "control-sink";
    public static final String REPAIR_SINK = "repair-sink";
    public static final String ROUNDS_SINK = "rounds-sink";
    public static final String CONFLICTS_SINK = "conflicts-sink";
    public static final String DEAD_LETTER_SINK = "dead-letter-sink";

    private Nodes() {}
}
