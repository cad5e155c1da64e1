package io.trueup.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A consumer group whose committed offsets in a feed show what has reached a datastore.
 *
 * @param group the group by which the datastore consumes the feed
 * @param feed the topic that it consumes
 */
public record FeedGroup(String group, String feed) {

    private static final String PREFIX = "group:";
    private static final Pattern FORM = Pattern.compile(PREFIX + "(.+)@([^@]+)");

    static boolean isNamedBy(String progress) {
        return progress.startsWith(PREFIX);
    }

    /** What is wrong with a text of the form {@code group:<group>@<feed>}; null if nothing is. */
    static String fault(String progress) {
        Matcher parts = FORM.matcher(progress);
        if (!parts.matches()) {
            return "write group:<consumer group>@<feed topic>";
        }
        String topic = Rules.topicFault(parts.group(2));
        return topic == null ? null : "feed " + parts.group(2) + ": " + topic;
    }

    static FeedGroup of(String progress) {
        Matcher parts = FORM.matcher(progress);
        if (!parts.matches()) {
            throw new IllegalArgumentException(progress);
        }
        return new FeedGroup(parts.group(1), parts.group(2));
    }
}
