package io.trueup.ops.action;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.command.EntryView;
import java.time.Instant;

/** What a replica holds for a key. A version is text, because it may be larger than the numbers of JavaScript. */
final class EntryJson {

    private EntryJson() {}

    static ObjectNode of(EntryView entry) {
        boolean isKnown = !entry.isAbsence() && !entry.isUnread();
        return JsonNodeFactory.instance
                .objectNode()
                .put("holds", holds(entry))
                .put("version", isKnown ? entry.shownVersion() : null)
                .put(
                        "position",
                        isKnown ? Instant.ofEpochMilli(entry.positionMs()).toString() : null)
                .put("digest", isKnown && !entry.deleted() ? entry.digest() : null);
    }

    private static String holds(EntryView entry) {
        if (entry.isUnread()) {
            return "UNREAD";
        }
        if (entry.isAbsence()) {
            return "NOTHING";
        }
        return entry.deleted() ? "DELETED" : "VALUE";
    }
}
