package io.trueup.reconcile.flood;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.NoteReader;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * When each replica was away: its watermark before, and the one with which it returned. What was written in between and is
 * missing there is the backlog of an outage, not a sign of a mistake. A replica is away while its watermark stalls and another
 * owner's advances; where nothing is written, no replica is away. An outage counts only if the replica had been up to date
 * when it began: the watermark of a replica that loads old data also jumps. Noted beside the entries, so that a restart during
 * an outage does not turn its backlog into divergence. Not thread-safe.
 */
public final class Outages {

    private static final int MAX_PER_REPLICA = 16;

    // The names of the notes are part of the stored state.
    private static final String PREFIX = "outage/";
    private static final byte VERSION = 1;

    private final Settings settings;
    private final EntryTable table;
    private final Map<String, Watched> replicas = new HashMap<>();

    /** @param table holds a note for each replica that was watched */
    public Outages(Settings settings, EntryTable table) {
        this.settings = settings;
        this.table = table;
        table.notes(PREFIX)
                .forEach((name, note) -> replicas.put(name.substring(PREFIX.length()), Watched.read(name, note)));
    }

    private record Outage(long fromMs, long toMs) {}

    private static final class Watched {
        private long upToDateMs = Long.MIN_VALUE;
        /** The first cut at which another owner was ahead; {@link Entry#NEVER} if none is. */
        private long behindSinceMs = Entry.NEVER;

        private final Deque<Outage> outages = new ArrayDeque<>();
        private byte[] noted = new byte[0];

        byte[] toNote() {
            FieldWriter fields =
                    new FieldWriter().tag(VERSION).number(upToDateMs).number(behindSinceMs);
            outages.forEach(outage -> fields.number(outage.fromMs()).number(outage.toMs()));
            return fields.toBytes();
        }

        static Watched read(String name, byte[] note) {
            NoteReader in = new NoteReader(name, note, VERSION);
            Watched watched = new Watched();
            watched.upToDateMs = in.number();
            watched.behindSinceMs = in.number();
            while (!in.atEnd()) {
                watched.outages.addLast(new Outage(in.number(), in.number()));
            }
            watched.noted = note;
            return watched;
        }
    }

    /** Notes what is known of a replica, if it has changed. */
    private void write(String replica, Watched watched) {
        byte[] note = watched.toNote();
        if (!Arrays.equals(note, watched.noted)) {
            watched.noted = note;
            table.note(PREFIX + replica, note);
        }
    }

    /**
     * Notes the watermark of a replica at a cut.
     *
     * @param highestMs highest watermark among the owners heard
     */
    public void seen(String replica, long watermarkMs, long highestMs, long cutMs) {
        Watched watched = replicas.computeIfAbsent(replica, r -> new Watched());
        boolean behind = isBehind(watermarkMs, highestMs);
        if (behind) {
            watched.behindSinceMs = Math.min(watched.behindSinceMs, cutMs);
        }
        if (watermarkMs >= cutMs - settings.times().patienceMs()) {
            advance(watched, watermarkMs, cutMs);
        }
        if (!behind) {
            watched.behindSinceMs = Entry.NEVER;
        }
        write(replica, watched);
    }

    private void advance(Watched watched, long watermarkMs, long cutMs) {
        boolean jumped = watched.upToDateMs != Long.MIN_VALUE
                && watermarkMs - watched.upToDateMs > settings.times().patienceMs();
        boolean wasAway = watched.behindSinceMs != Entry.NEVER && cutMs - watched.behindSinceMs >= minAwayMs();
        if (jumped && wasAway) {
            watched.outages.addLast(
                    new Outage(watched.upToDateMs - settings.times().graceMs(), watermarkMs));
            if (watched.outages.size() > MAX_PER_REPLICA) {
                watched.outages.removeFirst();
            }
        }
        watched.upToDateMs = Math.max(watched.upToDateMs, watermarkMs);
    }

    /** Patience, less the time that may pass until a cut shows that a replica is behind, and until one shows its return. */
    private long minAwayMs() {
        return settings.times().patienceMs()
                - settings.times().graceMs()
                - 2 * settings.times().intervalMs();
    }

    /** Notes that an owner was not heard in a round. */
    public void silent(String replica, long highestMs, long cutMs) {
        Watched watched = replicas.get(replica);
        if (watched != null && isBehind(watched.upToDateMs, highestMs)) {
            watched.behindSinceMs = Math.min(watched.behindSinceMs, cutMs);
            write(replica, watched);
        }
    }

    /** Whether a replica was away when an entry with this position was written, or still is. */
    public boolean missed(String replica, long positionMs, long watermarkMs, long highestMs) {
        if (watermarkMs < positionMs + settings.times().graceMs() && isBehind(watermarkMs, highestMs)) {
            return true;
        }
        Watched watched = replicas.get(replica);
        return watched != null
                && watched.outages.stream()
                        .anyMatch(outage -> outage.fromMs() < positionMs && positionMs <= outage.toMs());
    }

    private boolean isBehind(long watermarkMs, long highestMs) {
        return highestMs > Long.MIN_VALUE + settings.times().graceMs()
                && watermarkMs < highestMs - settings.times().graceMs();
    }
}
