package io.trueup.reconcile.decision;

import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.NoteReader;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The replicas to which no repair is sent, because a person has paused that. Of the commands that cover a replica, by its name or because
 * they cover all, the latest counts: so all reconcilers conclude the same from the same commands, in whatever order they come. Each
 * command is noted beside the entries until a later one of the same scope replaces it, also one that resumes: otherwise an earlier command
 * that comes late would count. At most {@value #MAX_SCOPES} scopes. Not thread-safe.
 */
public final class PausedRepairs {

    static final int MAX_SCOPES = 256;
    // The names of the notes are part of the stored state.
    private static final String PREFIX = "pause/";
    private static final byte VERSION = 1;
    private static final byte PAUSED = 1;
    private static final byte RESUMED = 0;

    private final EntryTable table;
    /** By scope: the name of a replica, or {@link Pause#ALL}. */
    private final Map<String, Pause> latest = new TreeMap<>();

    /** Reads what was noted. */
    public PausedRepairs(EntryTable table) {
        this.table = table;
        table.notes(PREFIX).forEach((name, note) -> {
            Pause pause = decode(name, note);
            latest.put(pause.target(), pause);
        });
    }

    /**
     * Takes in a command.
     *
     * @return whether it is later than what was known of its scope
     */
    public boolean take(Pause command) {
        Pause known = latest.get(command.target());
        boolean counts = known == null ? latest.size() < MAX_SCOPES : command.isLaterThan(known);
        if (counts) {
            latest.put(command.target(), command);
            table.note(PREFIX + command.target(), encode(command));
        }
        return counts;
    }

    /** Whether no repair is sent to a replica. */
    public boolean isPaused(String replica) {
        Pause counting = counting(replica);
        return counting != null && counting.paused();
    }

    /** Those of the replicas whose repairs are paused, with the time of the command. */
    public Map<String, Long> sinceMs(Collection<String> replicas) {
        Map<String, Long> since = new TreeMap<>();
        replicas.stream()
                .filter(this::isPaused)
                .forEach(replica -> since.put(replica, counting(replica).givenMs()));
        return since;
    }

    private Pause counting(String replica) {
        Pause own = latest.get(replica);
        Pause all = latest.get(Pause.ALL);
        return own == null || all != null && all.isLaterThan(own) ? all : own;
    }

    /** The latest command of each scope. */
    public List<Pause> known() {
        return List.copyOf(latest.values());
    }

    private static byte[] encode(Pause pause) {
        return new FieldWriter()
                .tag(VERSION)
                .tag(pause.paused() ? PAUSED : RESUMED)
                .number(pause.givenMs())
                .text(pause.id())
                .toBytes();
    }

    private static Pause decode(String name, byte[] note) {
        NoteReader in = new NoteReader(name, note, VERSION);
        Pause pause = new Pause(name.substring(PREFIX.length()), in.tag() == PAUSED, in.number(), in.text());
        in.end();
        return pause;
    }
}
