package io.trueup.reconcile.decision;

import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.NoteReader;
import java.util.Map;
import java.util.TreeMap;

/**
 * The replicas whose repairs a person has approved although the replica that wins has not proved that it has seen what is
 * replaced. An approval covers what the target held before it was given: nothing else was listed when the person decided.
 * Noted beside the entries. Not thread-safe.
 */
public final class ApprovedWithoutProof {

    // The names of the notes are part of the stored state.
    private static final String PREFIX = "approved without proof/";
    private static final byte VERSION = 1;

    private record Approved(long givenMs, long untilMs) {}

    private final EntryTable table;
    private final Map<String, Approved> byTarget = new TreeMap<>();

    /** Reads what was noted. */
    public ApprovedWithoutProof(EntryTable table) {
        this.table = table;
        table.notes(PREFIX).forEach((name, note) -> byTarget.put(name.substring(PREFIX.length()), decode(name, note)));
    }

    /**
     * A person approves.
     *
     * @param givenMs what the target held before then is covered
     * @param untilMs the approval is valid until then
     */
    public void approve(String target, long givenMs, long untilMs) {
        Approved approved = new Approved(givenMs, untilMs);
        byTarget.put(target, approved);
        table.note(PREFIX + target, encode(approved));
    }

    /** The approvals that are valid at a time. */
    public KeyAtCut.Approvals at(long nowMs) {
        return (target, heldSinceMs) -> {
            Approved approved = byTarget.get(target);
            return approved != null && heldSinceMs <= approved.givenMs() && nowMs <= approved.untilMs();
        };
    }

    /** Forgets approvals that are not valid any more. */
    public void expire(long nowMs) {
        byTarget.entrySet().removeIf(approved -> {
            boolean expired = approved.getValue().untilMs() < nowMs;
            if (expired) {
                table.note(PREFIX + approved.getKey(), null);
            }
            return expired;
        });
    }

    private static byte[] encode(Approved approved) {
        return new FieldWriter()
                .tag(VERSION)
                .number(approved.givenMs())
                .number(approved.untilMs())
                .toBytes();
    }

    private static Approved decode(String name, byte[] note) {
        NoteReader in = new NoteReader(name, note, VERSION);
        Approved approved = new Approved(in.number(), in.number());
        in.end();
        return approved;
    }
}
