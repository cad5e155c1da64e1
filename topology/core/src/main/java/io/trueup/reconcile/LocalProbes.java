package io.trueup.reconcile;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What the local replica answers to probes, and what it does about the keys that they compare. */
final class LocalProbes implements Probes.Local {

    private final PartitionContext context;
    private final ReconcilerState state;
    private final Supplier<PlacementState> placement;
    private final EndOfInput endOfInput;

    LocalProbes(
            PartitionContext context,
            ReconcilerState state,
            Supplier<PlacementState> placement,
            EndOfInput endOfInput) {
        this.context = context;
        this.state = state;
        this.placement = placement;
        this.endOfInput = endOfInput;
    }

    @Override
    public ProbeAnswer held(long cutMs, Hash128 keyHash) {
        Entry entry = context.tree().held(keyHash);
        EntrySummary summary = entry == null ? null : EntrySummary.of(keyHash, entry);
        return new ProbeAnswer(
                keyHash,
                summary,
                state.evidence().consumedUpTo(cutMs + context.settings().times().graceMs()));
    }

    @Override
    public void publish(long cutMs, Body body) {
        context.publish(cutMs, -1, placement.get().fingerprint(), body);
    }

    @Override
    public void awaitEnd(long ticket) {
        endOfInput.awaitEndForProbes(ticket);
    }

    @Override
    public void judge(long cutMs, Hash128 keyHash, Map<String, ProbeAnswer> heard) {
        state.summary().probed();
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        Map<String, Evidence> evidence = new TreeMap<>();
        heard.forEach((replica, answer) -> {
            entries.put(replica, answer.entry());
            evidence.put(replica, answer.evidence());
        });
        Resolver resolver = placement.get().resolver();
        KeyAtCut key = resolver.key(cutMs, entries, evidence, state.unproven().at(cutMs));
        if (!key.isEqualEverywhere()) {
            // when the probe was due: the same on all reconcilers
            long nowMs = cutMs + context.settings().times().graceMs();
            for (Finding finding : resolver.findings(key)) {
                state.dispatcher().actOnProbe(nowMs, cutMs, keyHash, finding);
            }
        }
    }
}
