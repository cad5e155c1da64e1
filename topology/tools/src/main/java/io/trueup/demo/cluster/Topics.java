package io.trueup.demo.cluster;

import java.util.ArrayList;
import java.util.List;

/** The topics of the demo. */
public final class Topics {

    public static final String DATASET = "places";
    public static final String FEED = DATASET + ".feed";
    public static final String CONTROL = DATASET + ".control";
    public static final String ROUNDS = DATASET + ".rounds";
    public static final String CONFLICTS = DATASET + ".conflicts";
    public static final String OBSERVATIONS = DATASET + ".observations";
    public static final String DEAD_LETTERS = DATASET + ".dead-letters";

    private Topics() {}

    public static String writes(String replica) {
        return DATASET + ".writes." + replica;
    }

    public static String repairs(String replica) {
        return DATASET + ".repairs." + replica;
    }

    /** All topics. */
    public static List<String> all(List<String> replicas) {
        List<String> topics = new ArrayList<>(List.of(FEED, CONTROL, ROUNDS, CONFLICTS, OBSERVATIONS, DEAD_LETTERS));
        replicas.forEach(replica -> topics.add(writes(replica)));
        replicas.forEach(replica -> topics.add(repairs(replica)));
        return topics;
    }
}
