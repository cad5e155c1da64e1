package io.trueup.reconcile;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The conflicts that this reconciler has reported: each is reported when it is first seen, when its sides change, again with
 * growing pauses while it stands, and when it is settled. The reported keys are noted beside the entries, so that a conflict
 * that is settled over a restart is not left standing. Bounded. Not thread-safe.
 */
final class Conflicts {

    private static final String NOTE = "conflicts";
    private static final int MAX_REPORTED = 5_000;
    private static final int MAX_DOUBLINGS = 10;

    private final Settings settings;
    private final EntryTable table;
    private final Outbox outbox;
    private final Map<Hash128, Reported> reported = new LinkedHashMap<>();
    private boolean changed;

    Conflicts(Settings settings, EntryTable table, Outbox outbox) {
        this.settings = settings;
        this.table = table;
        this.outbox = outbox;
        readNote();
    }

    private static final class Reported {
        private final byte[] key;
        private List<Side> sides = List.of();
        private int times;
        private long nextCutMs;

        Reported(byte[] key) {
            this.key = key;
        }
    }

    /** A conflict stands at a cut, and this replica is the one that reports it. */
    void stands(Hash128 keyHash, byte[] key, List<Side> sides, long cutMs) {
        Reported before = reported.get(keyHash);
        if (before == null) {
            if (reported.size() >= MAX_REPORTED) {
                return;
            }
            before = new Reported(key);
            reported.put(keyHash, before);
            changed = true;
        }
        if (!sameVersions(before.sides, sides)) {
            before.times = 0;
        } else if (cutMs < before.nextCutMs) {
            return;
        }
        before.sides = sides;
        before.nextCutMs = cutMs + (settings.times().repairTimeoutMs() << Math.min(before.times++, MAX_DOUBLINGS));
        outbox.conflict(new Conflict(key, keyHash, cutMs, sides));
    }

    private static boolean sameVersions(List<Side> a, List<Side> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            EntrySummary left = a.get(i).entry();
            EntrySummary right = b.get(i).entry();
            if (!a.get(i).replicas().equals(b.get(i).replicas())
                    || left.version() != right.version()
                    || !left.digest().equals(right.digest())) {
                return false;
            }
        }
        return true;
    }

    /** At a cut at which everything was compared, only these conflicts stand. */
    void onlyThese(Set<Hash128> standing, long cutMs) {
        if (standing.containsAll(reported.keySet())) {
            return;
        }
        reported.entrySet().removeIf(conflict -> {
            if (standing.contains(conflict.getKey())) {
                return false;
            }
            outbox.conflict(new Conflict(conflict.getValue().key, conflict.getKey(), cutMs, List.of()));
            changed = true;
            return true;
        });
    }

    /** Notes the conflicts reported so far, if they have changed. */
    void writeNote() {
        if (!changed) {
            return;
        }
        changed = false;
        int bytes = reported.values().stream()
                .mapToInt(conflict -> Hash128.BYTES + Integer.BYTES + conflict.key.length)
                .sum();
        ByteBuffer note = ByteBuffer.allocate(bytes);
        reported.forEach((keyHash, conflict) ->
                note.put(keyHash.toBytes()).putInt(conflict.key.length).put(conflict.key));
        table.note(NOTE, reported.isEmpty() ? null : note.array());
    }

    private void readNote() {
        byte[] note = table.note(NOTE);
        ByteBuffer in = ByteBuffer.wrap(note == null ? new byte[0] : note);
        while (in.hasRemaining()) {
            byte[] keyHash = new byte[Hash128.BYTES];
            in.get(keyHash);
            byte[] key = new byte[in.getInt()];
            in.get(key);
            reported.put(Hash128.fromBytes(keyHash), new Reported(key));
        }
    }
}
