package io.trueup.reconcile.exchange;

import java.util.HashMap;
import java.util.Map;

/**
 * The peers that descend their trees while others exchange sketches: those with {@code exchange=tree}, and those of an earlier version.
 * They neither send nor take in the entries of single keys, so what they hold would be missing where such a key is judged. As long as
 * there is one, all descend their trees; from time to time sketches are tried again. Not thread-safe.
 */
public final class TreePeers {

    /** Rounds until sketches are tried again. */
    static final int ROUNDS = 16;

    /** For how many more rounds, by peer. */
    private final Map<String, Integer> rounds = new HashMap<>();

    /** A round begins; whether sketches are exchanged in it. */
    boolean beginRound() {
        rounds.replaceAll((peer, left) -> left - 1);
        rounds.values().removeIf(left -> left < 0);
        return rounds.isEmpty();
    }

    /** A peer has descended its tree, and sent no symbols, in a round with sketches. */
    void descended(String peer) {
        rounds.put(peer, ROUNDS);
    }
}
