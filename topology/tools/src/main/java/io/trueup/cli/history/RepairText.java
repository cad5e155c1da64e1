package io.trueup.cli.history;

import io.trueup.cli.shell.Formats;
import io.trueup.failure.KeyFormat;
import io.trueup.repair.EmittedRepair;
import io.trueup.repair.EmittedRepair.Held;
import io.trueup.tree.Entry;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Repair events as text. */
final class RepairText {

    private static final int MAX_KEY_LENGTH = 80;

    private RepairText() {}

    /** A record key, cut off if it is long. */
    static String key(byte[] key) {
        return KeyFormat.shortened(key, MAX_KEY_LENGTH);
    }

    /** The entry that the target must hold: {@code version 12}, {@code deleted, version 12}. */
    static String winning(EmittedRepair repair) {
        return held(repair.winning());
    }

    /** The entry that the target held: {@code nothing}, {@code version 11}. */
    static String observed(EmittedRepair repair) {
        return repair.observed() == null ? "nothing" : held(repair.observed());
    }

    static String held(Held held) {
        if (Entry.isUnread(held.version(), held.deleted())) {
            return Formats.UNREAD;
        }
        if (held.version() == Long.MIN_VALUE) {
            return "nothing";
        }
        return (held.deleted() ? "deleted, " : "") + "version " + version(held);
    }

    /** The vector as {@code eu=3,us=1}, or else the version. */
    static String version(Held held) {
        return held.vector() == null
                ? Long.toString(held.version())
                : new TreeMap<>(held.vector())
                        .entrySet().stream().map(Object::toString).collect(Collectors.joining(","));
    }

    /** The size of the value, {@code 95 bytes}, or the record that holds it. */
    static String value(EmittedRepair repair) {
        if (repair.reference() != null) {
            return "at " + repair.reference();
        }
        return repair.winning().deleted() ? "" : Formats.bytes(repair.valueBytes());
    }
}
