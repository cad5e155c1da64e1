package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.sketch.Sketch;
import io.trueup.tree.EntryTree;

/** Refuses control messages that cannot be true: they do not fit the shape of the tree. */
public final class MessageCheck implements Message.Visitor<Void, InvalidMessageException> {

    private static final int MAX_CHUNKS = 1 << 20;
    private static final int MAX_PAUSES = 512;
    private static final int MAX_NAME_CHARS = 249;
    /** The most symbols of one sketch that are exchanged in a round. */
    static final int MAX_SYMBOLS = 1 << 16;
    /** The most segments that a sketch is about, if not about all as they were at the cut: each message with its symbols lists them. */
    static final int MAX_SEGMENTS = 1 << 13;

    private final Settings.Shape shape;
    private final EntryTree tree;

    public MessageCheck(Settings settings, EntryTree tree) {
        this.shape = settings.shape();
        this.tree = tree;
    }

    /** Throws unless a condition holds. */
    public static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new InvalidMessageException(otherwise);
        }
    }

    @Override
    public Void level(Level level) {
        int fan = level.level() - level.parentLevel();
        require(
                level.parentLevel() >= 0 && fan >= 1 && fan <= shape.stride(),
                "levels " + level.parentLevel() + " and " + level.level() + " do not lie within a stride of "
                        + shape.stride());
        require(level.level() <= shape.segmentBits(), "level " + level.level() + " lies below the leaves");
        require(
                level.hashes().length == (2L * level.parents().length << fan),
                level.hashes().length / 2 + " hashes do not fit " + level.parents().length + " parents");
        for (int parent : level.parents()) {
            if (parent < 0 || parent >= 1 << level.parentLevel()) {
                throw new InvalidMessageException("there is no node " + parent + " at level " + level.parentLevel());
            }
        }
        return null;
    }

    @Override
    public Void segment(Segment segment) {
        require(
                segment.index() >= 0 && segment.index() < 1 << shape.segmentBits(),
                "there is no segment " + segment.index());
        require(
                segment.chunk() >= 0 && segment.chunk() < segment.chunks() && segment.chunks() <= MAX_CHUNKS,
                "there is no chunk " + segment.chunk() + " of " + segment.chunks());
        require(
                segment.chunks() == 1 || !segment.entries().isEmpty(),
                "chunk " + segment.chunk() + " of " + segment.chunks() + " is empty");
        for (EntrySummary entry : segment.entries()) {
            if (tree.segment(entry.keyHash()) != segment.index()) { // the text of a hash costs more than the comparison
                throw new InvalidMessageException(
                        "key hash " + entry.keyHash() + " does not lie in segment " + segment.index());
            }
        }
        return null;
    }

    @Override
    public Void symbols(Symbols symbols) {
        require(
                symbols.symbols().length > 0 && symbols.symbols().length % Sketch.SYMBOL_BYTES == 0,
                symbols.symbols().length + " bytes are not a number of symbols of " + Sketch.SYMBOL_BYTES + " bytes");
        require(
                symbols.first() >= 0 && symbols.first() <= MAX_SYMBOLS - symbols.count(),
                "there are no symbols " + symbols.first() + " and following, " + symbols.count() + " in all");
        require(
                symbols.segments().size() <= MAX_SEGMENTS,
                symbols.segments().size() + " segments are more than the " + MAX_SEGMENTS + " of one sketch");
        int before = -1;
        for (int segment : symbols.segments()) {
            require(
                    segment > before && segment < 1 << shape.segmentBits(),
                    "segment " + segment + " does not follow segment " + before);
            before = segment;
        }
        return null;
    }

    @Override
    public Void entries(Entries entries) {
        return null;
    }

    @Override
    public Void root(Root root) {
        require(root.entries() >= 0, "a tree cannot have " + root.entries() + " entries");
        require(root.pauses().size() <= MAX_PAUSES, "it has more than " + MAX_PAUSES + " commands to pause");
        root.pauses().forEach(this::pause);
        return null;
    }

    @Override
    public Void probe(Probe probe) {
        return null;
    }

    @Override
    public Void probeAnswer(ProbeAnswer answer) {
        return null;
    }

    @Override
    public Void rebuilding(Message.Rebuilding rebuilding) {
        return null;
    }

    @Override
    public Void complete(Message.Complete complete) {
        return null;
    }

    @Override
    public Void approval(Approval approval) {
        return null;
    }

    @Override
    public Void choice(Choice choice) {
        return null;
    }

    @Override
    public Void pause(Pause pause) {
        require(
                pause.target().length() <= MAX_NAME_CHARS && pause.id().length() <= MAX_NAME_CHARS,
                "a replica or an id of more than " + MAX_NAME_CHARS + " characters does not exist");
        return null;
    }
}
