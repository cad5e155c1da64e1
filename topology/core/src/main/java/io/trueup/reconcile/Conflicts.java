package io.trueup.reconcile;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding.Disagreement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.NoteReader;
import io.trueup.tree.VersionVector;
import io.trueup.tree.VersionVector.Order;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The conflicts that this reconciler has reported: each is reported when it is first seen, when its sides change, again with
 * growing pauses while it stands, and withdrawn when it is settled. A conflict is settled only when all owners were seen to hold
 * the same. A replica that was not heard is reported with what it held when it was last heard: not hearing it changes nothing.
 *
 * <p>Each replica withdraws its own report and no other, except those of replicas that are no owners any more. For this, the
 * conflicts that other replicas report are followed.
 *
 * <p>Each conflict is noted beside the entries, in a note of its own, so that one that is settled over a restart does not stay
 * in the list of conflicts. Bounded. Not thread-safe.
 */
final class Conflicts {

    // The names of the notes are part of the stored state.
    private static final String PREFIX = "conflict/";
    /** One note of all reported conflicts: read and replaced by a note for each. */
    private static final String FORMER_NOTE = "conflicts";

    private static final byte VERSION = 2;
    /** The format without the content of the report. */
    private static final byte FORMER_VERSION = 1;

    private static final byte REPORTED = 1;
    private static final byte FOLLOWED = 0;

    private static final int MAX_REPORTED = 5_000;
    private static final int MAX_FOLLOWED = 5_000;
    private static final int MAX_DOUBLINGS = 10;

    private final Settings settings;
    private final EntryTable table;
    private final Outbox outbox;
    private final Map<Hash128, Reported> reported = new LinkedHashMap<>();
    /** Conflicts that only other replicas report. */
    private final Map<Hash128, Known> followed = new LinkedHashMap<>();

    Conflicts(Settings settings, EntryTable table, Outbox outbox) {
        this.settings = settings;
        this.table = table;
        this.outbox = outbox;
        readFormerNote();
        table.notes(PREFIX).forEach(this::read);
    }

    private static class Known {
        final byte[] key;
        /** The replicas that have held one of its sides: each of them may have reported it. */
        final TreeSet<String> holders;
        /** The latest cut at which it was seen since the start; the cuts of all rounds since then are later than those before. */
        long standsAtMs = Long.MIN_VALUE;

        Known(byte[] key, TreeSet<String> holders) {
            this.key = key;
            this.holders = holders;
        }

        void stands(long cutMs) {
            standsAtMs = Math.max(standsAtMs, cutMs);
        }

        /** Whether it is settled, if all were seen to hold the same at a cut. */
        boolean mayBeSettledAt(long cutMs) {
            return standsAtMs <= cutMs;
        }
    }

    private static final class Reported extends Known {
        private List<Side> sides = List.of();
        /** When each replica was last compared. */
        private Map<String, Long> heardMs = new TreeMap<>();

        private Conflict.Reason reason;
        private int times;
        private long nextCutMs;

        Reported(byte[] key, TreeSet<String> holders) {
            super(key, holders);
        }
    }

    /**
     * A conflict stands at a cut.
     *
     * @param holders the replicas that hold one of its sides, in order of name; the first one reports the conflict, and each
     *     that has reported it keeps its report up to date
     */
    void stands(Hash128 keyHash, byte[] key, Disagreement disagreement, List<String> holders, long cutMs) {
        if (reported.containsKey(keyHash) || holders.get(0).equals(settings.replica())) {
            report(keyHash, key, disagreement, holders, cutMs);
        } else {
            follow(keyHash, key, holders, cutMs);
        }
    }

    private void report(Hash128 keyHash, byte[] key, Disagreement disagreement, List<String> holders, long cutMs) {
        Reported report = reported.get(keyHash);
        if (report == null) {
            if (reported.size() >= MAX_REPORTED) {
                return;
            }
            Known before = followed.remove(keyHash);
            report = new Reported(key, before == null ? new TreeSet<>() : before.holders);
            reported.put(keyHash, report);
        }
        report.stands(cutMs);
        boolean mayBeReportedByMore = report.holders.addAll(holders);
        Map<String, Long> heardMs = new TreeMap<>(report.heardMs);
        heardMs.keySet().retainAll(disagreement.unheard());
        disagreement.heard().forEach(replica -> heardMs.put(replica, cutMs));
        report.heardMs = heardMs;
        List<Side> sides = withUnheard(disagreement, report.sides);
        boolean changed = report.reason != disagreement.reason() || !sameVersions(report.sides, sides);
        report.times = changed ? 0 : report.times;
        report.reason = disagreement.reason();
        report.sides = sides;
        boolean due = changed || cutMs >= report.nextCutMs;
        if (due || mayBeReportedByMore) {
            table.note(name(keyHash), note(report));
        }
        if (due) {
            report.nextCutMs = cutMs + (settings.times().repairTimeoutMs() << Math.min(report.times++, MAX_DOUBLINGS));
            outbox.conflict(
                    new Conflict(key, keyHash, cutMs, settings.replica(), report.reason, sides, Map.copyOf(heardMs)));
        }
    }

    /**
     * The sides seen at a cut, and the replicas that were not heard, with what they held before. Where there are some, the sides
     * are in order of name, as if all had been heard; only a first side that would win by a rule stays the first.
     */
    private List<Side> withUnheard(Disagreement seen, List<Side> before) {
        List<Side> sides = new ArrayList<>(seen.sides());
        boolean someUnheard = false;
        for (Side side : before) {
            List<String> replicas =
                    side.replicas().stream().filter(seen.unheard()::contains).toList();
            if (!replicas.isEmpty()) {
                someUnheard = true;
                add(sides, replicas, side.entry());
            }
        }
        if (someUnheard) {
            boolean nothingWins = seen.reason() == Conflict.Reason.NO_WINNER || seen.reason() == Conflict.Reason.UNREAD;
            int from = nothingWins ? 0 : 1;
            sides.subList(from, sides.size())
                    .sort(Comparator.comparing(side -> side.replicas().get(0)));
        }
        return List.copyOf(sides);
    }

    private void add(List<Side> sides, List<String> replicas, EntrySummary entry) {
        for (int i = 0; i < sides.size(); i++) {
            Side side = sides.get(i);
            if (isSame(side.entry(), entry)) {
                TreeSet<String> all = new TreeSet<>(side.replicas());
                all.addAll(replicas);
                sides.set(i, new Side(List.copyOf(all), side.entry()));
                return;
            }
        }
        sides.add(new Side(replicas, entry));
    }

    /** As the tree sees it: tombstones are the same whatever their versions. */
    private boolean isSame(EntrySummary a, EntrySummary b) {
        if (a.deleted() || b.deleted()) {
            return a.deleted() && b.deleted() && a.statesAbsence() == b.statesAbsence();
        }
        return a.digest().equals(b.digest()) && (settings.rules().compareValues() || a.order(b) == Order.EQUAL);
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

    private void follow(Hash128 keyHash, byte[] key, List<String> holders, long cutMs) {
        Known before = followed.get(keyHash);
        if (before == null && followed.size() >= MAX_FOLLOWED) {
            return;
        }
        Known conflict = before == null ? new Known(key, new TreeSet<>()) : before;
        conflict.stands(cutMs);
        if (conflict.holders.addAll(holders)) {
            followed.put(keyHash, conflict);
            table.note(name(keyHash), note(FOLLOWED, key, conflict.holders).toBytes());
        }
    }

    /**
     * Withdraws the reports of the conflicts that are settled. A comparison at an earlier cut than that at which a conflict was
     * seen last, such as by a probe, does not settle it.
     *
     * @param seenEqual whether all owners were seen to hold the same for a key; not having seen it proves nothing
     * @param owners the replicas that own the partition
     */
    void settle(Predicate<Hash128> seenEqual, List<String> owners, long cutMs) {
        reported.entrySet().removeIf(conflict -> {
            Hash128 keyHash = conflict.getKey();
            boolean settled = conflict.getValue().mayBeSettledAt(cutMs) && seenEqual.test(keyHash);
            if (settled) {
                withdraw(keyHash, conflict.getValue().key, settings.replica(), cutMs);
                settled(keyHash, conflict.getValue().key, conflict.getValue().holders, owners, cutMs);
            }
            return settled;
        });
        followed.entrySet().removeIf(conflict -> {
            boolean settled = conflict.getValue().mayBeSettledAt(cutMs) && seenEqual.test(conflict.getKey());
            if (settled) {
                settled(conflict.getKey(), conflict.getValue().key, conflict.getValue().holders, owners, cutMs);
            }
            return settled;
        });
    }

    /**
     * The first of the holders that is still an owner withdraws the reports of those that are not: they cannot see that the
     * conflict is settled. Where there never was such a report, this withdraws nothing.
     */
    private void settled(Hash128 keyHash, byte[] key, Set<String> holders, List<String> owners, long cutMs) {
        boolean isFirst = holders.stream()
                .filter(owners::contains)
                .findFirst()
                .map(settings.replica()::equals)
                .orElse(true);
        if (isFirst) {
            holders.stream()
                    .filter(holder -> !owners.contains(holder))
                    .forEach(holder -> withdraw(keyHash, key, holder, cutMs));
        }
        table.note(name(keyHash), null);
    }

    private void withdraw(Hash128 keyHash, byte[] key, String reporter, long cutMs) {
        outbox.conflict(new Conflict(key, keyHash, cutMs, reporter, null, List.of(), Map.of()));
    }

    /**
     * This replica owns the partition no longer, and cannot see whether its conflicts stand. The owners report those themselves,
     * or withdraw them for it once they are settled. A conflict that none of them has seen, it withdraws itself: after patience,
     * and the two rounds that a repair timeout contains.
     */
    void left(long cutMs) {
        followed.keySet().forEach(keyHash -> table.note(name(keyHash), null));
        followed.clear();
        reported.entrySet().removeIf(conflict -> {
            Reported report = conflict.getValue();
            long comparedMs =
                    report.heardMs.values().stream().mapToLong(Long::longValue).reduce(Long.MIN_VALUE, Math::max);
            Settings.Times times = settings.times();
            boolean isOver = comparedMs <= cutMs - times.patienceMs() - times.repairTimeoutMs();
            if (isOver) {
                withdraw(conflict.getKey(), report.key, settings.replica(), cutMs);
                table.note(name(conflict.getKey()), null);
            }
            return isOver;
        });
    }

    private static String name(Hash128 keyHash) {
        return PREFIX + keyHash;
    }

    private static FieldWriter note(byte kind, byte[] key, Set<String> holders) {
        FieldWriter fields = new FieldWriter().tag(VERSION).tag(kind).bytes(key);
        return texts(fields, holders);
    }

    private static byte[] note(Reported report) {
        FieldWriter fields = note(REPORTED, report.key, report.holders)
                .text(report.reason == null ? "" : report.reason.name())
                .number(report.heardMs.size());
        report.heardMs.forEach((replica, cutMs) -> fields.text(replica).number(cutMs));
        fields.number(report.sides.size());
        for (Side side : report.sides) {
            EntrySummary entry = side.entry();
            texts(fields, side.replicas())
                    .number(entry.version())
                    .number(entry.positionMs())
                    .number(entry.appendTimeMs())
                    .number(entry.expiryMs())
                    .tag((byte) (entry.deleted() ? 1 : 0))
                    .number(entry.digest().hi())
                    .number(entry.digest().lo())
                    .number(
                            entry.vector() == null
                                    ? -1
                                    : entry.vector().counters().size());
            if (entry.vector() != null) {
                entry.vector()
                        .counters()
                        .forEach((writer, count) -> fields.text(writer).number(count));
            }
        }
        return fields.toBytes();
    }

    private static FieldWriter texts(FieldWriter fields, Collection<String> texts) {
        fields.number(texts.size());
        texts.forEach(fields::text);
        return fields;
    }

    private void read(String name, byte[] note) {
        Hash128 keyHash = Hash128.parse(name.substring(PREFIX.length()));
        if (note.length > 0 && note[0] == FORMER_VERSION) {
            readFormer(keyHash, new NoteReader(name, note, FORMER_VERSION));
            return;
        }
        NoteReader in = new NoteReader(name, note, VERSION);
        byte kind = in.tag();
        byte[] key = in.bytes();
        TreeSet<String> holders = new TreeSet<>(texts(in));
        if (kind == REPORTED) {
            reported.put(keyHash, report(in, keyHash, key, holders));
        } else {
            followed.put(keyHash, new Known(key, holders));
        }
        in.end();
    }

    private static Reported report(NoteReader in, Hash128 keyHash, byte[] key, TreeSet<String> holders) {
        Reported report = new Reported(key, holders);
        String reason = in.text();
        report.reason = reason.isEmpty() ? null : Conflict.Reason.valueOf(reason);
        for (long left = in.number(); left > 0; left--) {
            report.heardMs.put(in.text(), in.number());
        }
        List<Side> sides = new ArrayList<>();
        for (long left = in.number(); left > 0; left--) {
            sides.add(side(in, keyHash));
        }
        report.sides = sides;
        return report;
    }

    private static Side side(NoteReader in, Hash128 keyHash) {
        List<String> replicas = texts(in);
        long version = in.number();
        long positionMs = in.number();
        long appendTimeMs = in.number();
        long expiryMs = in.number();
        boolean deleted = in.tag() == 1;
        Hash128 digest = new Hash128(in.number(), in.number());
        VersionVector vector = vector(in);
        return new Side(
                replicas,
                new EntrySummary(keyHash, version, vector, positionMs, appendTimeMs, expiryMs, deleted, digest, false));
    }

    private static VersionVector vector(NoteReader in) {
        long size = in.number();
        if (size < 0) {
            return null;
        }
        Map<String, Long> counters = new HashMap<>();
        for (long left = size; left > 0; left--) {
            counters.put(in.text(), in.number());
        }
        return VersionVector.of(counters);
    }

    private static List<String> texts(NoteReader in) {
        List<String> texts = new ArrayList<>();
        for (long left = in.number(); left > 0; left--) {
            texts.add(in.text());
        }
        return texts;
    }

    private void readFormer(Hash128 keyHash, NoteReader in) {
        byte kind = in.tag();
        byte[] key = in.bytes();
        if (kind == REPORTED) {
            in.end();
            reported.put(keyHash, new Reported(key, new TreeSet<>()));
            return;
        }
        TreeSet<String> holders = new TreeSet<>();
        while (!in.atEnd()) {
            holders.add(in.text());
        }
        followed.put(keyHash, new Known(key, holders));
    }

    private void readFormerNote() {
        byte[] note = table.note(FORMER_NOTE);
        if (note == null) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(note);
        try {
            while (in.hasRemaining()) {
                byte[] keyHash = new byte[Hash128.BYTES];
                in.get(keyHash);
                byte[] key = new byte[in.getInt()];
                in.get(key);
                table.note(name(Hash128.fromBytes(keyHash)), note(new Reported(key, new TreeSet<>())));
            }
        } catch (BufferUnderflowException | NegativeArraySizeException e) {
            throw new IllegalStateException("the note \"" + FORMER_NOTE + "\" beside the entries is malformed", e);
        }
        table.note(FORMER_NOTE, null);
    }
}
