package io.trueup.reconcile.exchange;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.sketch.Sketch;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.List;

/**
 * A control message: one step of the exchange about one partition at one cut.
 *
 * @param replica the replica whose reconciler sent it
 * @param partition the partition of the dataset
 * @param cutMs the cut that it is about
 * @param sealOffset offset up to which the sender had consumed its writes when it sealed the cut
 * @param fingerprint hash of the settings that all reconcilers of a dataset must share
 * @param body its content
 */
public record Message(String replica, int partition, long cutMs, long sealOffset, long fingerprint, Body body) {

    /**
     * The most that the entries of one message take, in encoded bytes: half of what brokers accept by default. A segment that is
     * larger is sent in chunks.
     */
    public static final int MAX_ENTRIES_BYTES = 512 * 1024;

    /** The most that a message takes, with what it has beside its entries. */
    public static final int MAX_BYTES = MAX_ENTRIES_BYTES + 16 * 1024;

    /** Replaces the name of a replica in messages from a person; no replica can have this name. */
    public static final String PERSON = "";

    /** The content of a message. */
    public sealed interface Body
            permits Root, Level, Segment, Symbols, Entries, Probe, ProbeAnswer, Rebuilding, Command {

        /** Calls the method of a visitor that is for this kind of body. */
        <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E;
    }

    /**
     * An operation on each kind of body. A new kind does not compile until every visitor handles it.
     *
     * @param <T> the result
     * @param <E> the checked exception that it may throw; {@link RuntimeException} for none
     */
    public interface Visitor<T, E extends Exception> {

        T root(Root root) throws E;

        T level(Level level) throws E;

        T segment(Segment segment) throws E;

        T symbols(Symbols symbols) throws E;

        T entries(Entries entries) throws E;

        T probe(Probe probe) throws E;

        T probeAnswer(ProbeAnswer answer) throws E;

        T rebuilding(Rebuilding rebuilding) throws E;

        T approval(Approval approval) throws E;

        T choice(Choice choice) throws E;

        T complete(Complete complete) throws E;

        T pause(Pause pause) throws E;
    }

    /**
     * The tree in one hash.
     *
     * @param hash hash of the root node; {@link Hash128#ZERO} if the replica holds nothing at all, no tombstone either
     * @param entries live entries in the tree
     * @param evidence what the replica has seen
     * @param filling whether the replica was empty, and still lacks so many entries that missing keys are no sign of a mistake
     * @param joining whether the replica was never compared with all others
     * @param pauses the commands to pause or to resume repairs that the replica knows: peers that have missed one learn it
     */
    public record Root(
            Hash128 hash, long entries, Evidence evidence, boolean filling, boolean joining, List<Pause> pauses)
            implements Body {

        /** The root of a replica that knows no command to pause or to resume repairs. */
        public Root(Hash128 hash, long entries, Evidence evidence, boolean filling, boolean joining) {
            this(hash, entries, evidence, filling, joining, List.of());
        }

        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.root(this);
        }
    }

    /**
     * Hashes below nodes at which replicas differ.
     *
     * @param parentLevel level of the parents; 0 is the root
     * @param level level of the hashes
     * @param parents index of each parent within its level
     * @param hashes {@code long[2 * parents.length << (level - parentLevel)]}: upper and lower lane of the descendants of
     *     each parent, from left to right; zero where the replica holds nothing at all, no tombstone either
     */
    public record Level(int parentLevel, int level, int[] parents, long[] hashes) implements Body {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.level(this);
        }
    }

    /**
     * The entries that the sender holds in one segment now, tombstones included.
     *
     * @param index the segment
     * @param chunk number of this chunk, from 0
     * @param chunks how many chunks the segment has
     * @param entries in ascending order of key hash
     */
    public record Segment(int index, int chunk, int chunks, List<EntrySummary> entries) implements Body {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.segment(this);
        }
    }

    /**
     * Coded symbols of a sketch of the sender's live entries, see {@link Sketch}.
     *
     * @param segments the segments that it covers, in ascending order, as they are now; empty: all, as they were at the cut
     * @param first index of the first symbol
     * @param symbols the symbols, encoded by {@link Sketch#encode}
     */
    public record Symbols(List<Integer> segments, int first, byte[] symbols) implements Body {

        /** Number of symbols. */
        public int count() {
            return symbols.length / Sketch.SYMBOL_BYTES;
        }

        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.symbols(this);
        }
    }

    /**
     * What the sender holds now of single keys, tombstones included.
     *
     * @param entries in ascending order of key hash
     * @param absent the keys of which it holds nothing: hashes of which the lower lane need not be known, and is 0 then
     */
    public record Entries(List<EntrySummary> entries, List<Hash128> absent) implements Body {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.entries(this);
        }
    }

    /**
     * Requests a comparison of one key now, without a round: at the message's cut.
     *
     * @param keyHash keyed hash of the key
     */
    public record Probe(Hash128 keyHash) implements Body {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.probe(this);
        }
    }

    /**
     * Answer to a probe, sent once everything is consumed that was in the writes partition when the probe was heard.
     *
     * @param keyHash keyed hash of the key
     * @param entry what the replica holds, or null
     * @param evidence what the replica has seen
     */
    public record ProbeAnswer(Hash128 keyHash, EntrySummary entry, Evidence evidence) implements Body {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.probeAnswer(this);
        }
    }

    /**
     * The replica has lost its state and reads its writes topic again. Until it has finished, it takes part in nothing.
     *
     * @param sinceMs when it began
     * @param read offsets read so far
     * @param total offsets to read
     */
    public record Rebuilding(long sinceMs, long read, long total) implements Body {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.rebuilding(this);
        }
    }

    /** A command from a person to all reconcilers of a partition. The message names no replica and no seal offset. */
    public sealed interface Command extends Body permits Approval, Choice, Complete, Pause {}

    /** Which repairs an approval is about. */
    public enum Scope {
        /** What the flood guard holds back. */
        FLOOD,
        /**
         * What waits because the replica that wins has not proved that it has seen it, as far as the target held it before the command.
         */
        UNPROVEN
    }

    /**
     * Approves repairs of a replica.
     *
     * @param target the replica
     * @param scope which repairs
     * @param untilMs the approval is valid until then
     */
    public record Approval(String target, Scope scope, long untilMs) implements Command {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.approval(this);
        }
    }

    /**
     * Decides a conflict: all replicas shall hold what one replica holds.
     *
     * @param key the record key
     * @param replica the replica whose entry wins
     * @param version version of that entry, or {@link Long#MIN_VALUE} if the replica holds nothing; if it now holds another
     *     version, nothing happens
     * @param digest digest of its value; {@link Hash128#ZERO} for a tombstone and for nothing
     * @param merged the vector that the entry gets, which dominates all sides; null where versions are numbers
     * @param untilMs the choice is valid until then
     */
    public record Choice(byte[] key, String replica, long version, Hash128 digest, VersionVector merged, long untilMs)
            implements Command {

        /** Whether it names an entry that could not be read: no replica can supply that. */
        public boolean isOfUnread() {
            return Entry.isUnread(version, digest.equals(Hash128.ZERO));
        }

        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.choice(this);
        }
    }

    /**
     * The writes topic of a replica contains every key that its datastore holds.
     *
     * @param replica the replica
     * @param untilMs the command has no effect after then
     */
    public record Complete(String replica, long untilMs) implements Command {
        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.complete(this);
        }
    }

    /**
     * Pauses repairs, or resumes them. Of the commands that cover a replica, the latest counts.
     *
     * @param target the replica whose repairs are meant; {@link #ALL} for all replicas
     * @param paused whether repairs are paused; false: they are resumed
     * @param givenMs when the command was given
     * @param id decides between two commands of the same time
     */
    public record Pause(String target, boolean paused, long givenMs, String id) implements Command {

        /** In place of the name of a replica: all of them. */
        public static final String ALL = "";

        /** Whether this command counts, and the other one does not, where they cover the same replica. */
        public boolean isLaterThan(Pause other) {
            return givenMs != other.givenMs ? givenMs > other.givenMs : id.compareTo(other.id) > 0;
        }

        @Override
        public <T, E extends Exception> T accept(Visitor<T, E> visitor) throws E {
            return visitor.pause(this);
        }
    }

    /** A message from a person about a partition. */
    public static Message command(Settings settings, int partition, long nowMs, Body body) {
        return new Message(PERSON, partition, nowMs, -1, settings.fingerprint(partition), body);
    }
}
