package io.trueup.reconcile.exchange;

import java.util.HashMap;
import java.util.Map;

/**
 * The peers that descend their trees while others exchange sketches: those with {@code exchange=tree}, and those of an earlier version.
 * A peer of an earlier version does not answer single keys: other replicas would judge these keys without it. So all replicas descend
 * their trees for some rounds after one has done so, and then try sketches again. The same where sketches have not shown all that
 * differed at the cut: trees do. Not thread-safe.
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

    /** A peer has descended its tree, and sent no symbols, in a round with sketches; or its sketches do not suffice. */
    void descended(String peer) {
        rounds.put(peer, ROUNDS);
    }
}
