package io.trueup.reconcile;

import io.trueup.bounded.BoundedMap;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Map;

/**
 * What people have chosen where repairs depend on what the target holds: each round that finds the conflict takes the chosen
 * side for the winner, as long as a repair would be valid. Bounded. Not thread-safe.
 */
final class ConflictChoices {

    private static final int MAX_CHOICES = 5_000;

    private record Chosen(Choice choice, long untilMs) {}

    private final Map<Hash128, Chosen> byKey = BoundedMap.oldestFirst(MAX_CHOICES);

    /** A person has chosen a side of a conflict. */
    void chosen(Hash128 keyHash, Choice choice, long untilMs) {
        byKey.remove(keyHash);
        byKey.put(keyHash, new Chosen(choice, untilMs));
    }

    /** The findings of a key with its conflict decided as chosen, if its chosen side still stands. */
    List<Finding> decide(Hash128 keyHash, KeyAtCut key, List<Finding> findings, Resolver resolver, long nowMs) {
        Chosen chosen = byKey.get(keyHash);
        if (chosen == null || findings.stream().noneMatch(Finding::isConflict)) {
            return findings;
        }
        if (chosen.untilMs() < nowMs) {
            byKey.remove(keyHash);
            return findings;
        }
        List<Finding> decided =
                resolver.chosen(key, chosen.choice().replica(), chosen.choice().version());
        return decided.isEmpty() ? findings : decided;
    }
}
