package io.trueup.demo;

import java.util.ArrayList;
import java.util.List;

/** The topics of the demo. */
final class Topics {

    static final String DATASET = "places";
    static final String FEED = DATASET + ".feed";
    static final String CONTROL = DATASET + ".control";
    static final String ROUNDS = DATASET + ".rounds";
    static final String CONFLICTS = DATASET + ".conflicts";
    static final String OBSERVATIONS = DATASET + ".observations";
    static final String DEAD_LETTERS = DATASET + ".dead-letters";

    private Topics() {}

    static String writes(String replica) {
        return DATASET + ".writes." + replica;
    }

    static String repairs(String replica) {
        return DATASET + ".repairs." + replica;
    }

    /** All of them. */
    static List<String> all(List<String> replicas) {
        List<String> topics = new ArrayList<>(List.of(FEED, CONTROL, ROUNDS, CONFLICTS, OBSERVATIONS, DEAD_LETTERS));
        replicas.forEach(replica -> topics.add(writes(replica)));
        replicas.forEach(replica -> topics.add(repairs(replica)));
        return topics;
    }
}
