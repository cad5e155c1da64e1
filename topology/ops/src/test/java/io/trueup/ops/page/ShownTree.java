package io.trueup.ops.page;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import java.util.List;
import java.util.TreeSet;

/** A tree of 4096 segments in which some differ, as the interface answers it. */
final class ShownTree implements Resource {

    private static final int BITS = 12;
    private static final int STEP = 4;

    private final TreeSet<Integer> differing;

    ShownTree(Integer... differing) {
        this.differing = new TreeSet<>(List.of(differing));
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow("partition", "segment", "level");
        int segment = query.number("segment", -1, 0, 1 << BITS);
        int level = query.number("level", segment < 0 ? 0 : BITS, 0, BITS);
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("partition", query.number("partition", 0, 0, 1 << BITS)).put("cut", "2026-01-01T00:00:00Z");
        json.putArray("replicas").add("eu").add("us");
        json.put("segments", 1 << BITS).put("sketched", false).set("root", node(0, 0));
        ArrayNode strips = json.putArray("strips");
        for (int at = 0; at < BITS && at <= level; at += STEP) {
            ObjectNode strip = strips.addObject();
            int parent = Math.max(0, segment) >> BITS - at;
            strip.put("parentLevel", at).put("parent", parent).put("level", at + STEP);
            ArrayNode nodes = strip.putArray("nodes");
            for (int child = 0; child < 1 << STEP; child++) {
                nodes.add(node(at + STEP, (parent << STEP) + child));
            }
        }
        if (segment >= 0 && level == BITS) {
            ObjectNode shown = json.putObject("segment").put("index", segment).put("differing", 2);
            ArrayNode keys = shown.putArray("keys");
            key(keys.addObject()
                    .put("keyHash", "80".repeat(16))
                    .put("key", "tea")
                    .put("keyHex", "746561"));
            key(keys.addObject().put("keyHash", "81".repeat(16)).putNull("key").putNull("keyHex"));
        } else {
            json.putNull("segment");
        }
        json.put("partial", true).putArray("read");
        return Answer.json(200, json);
    }

    private static void key(ObjectNode key) {
        ArrayNode replicas = key.putArray("replicas");
        replicas.addObject()
                .put("replica", "eu")
                .put("holds", "VALUE")
                .put("version", "7")
                .put("position", "2026-01-01T00:00:00Z");
        replicas.addObject()
                .put("replica", "us")
                .put("holds", "NOTHING")
                .putNull("version")
                .putNull("position");
    }

    private ObjectNode node(int level, int index) {
        int first = index << BITS - level;
        int last = first + (1 << BITS - level) - 1;
        int differ = differing.subSet(first, last + 1).size();
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("index", index)
                .put("state", differ > 0 ? "DIFFERENT" : first == 0 ? "UNKNOWN" : "EQUAL")
                .put("firstSegment", first)
                .put("lastSegment", last)
                .put("differing", differ)
                .put("unresolved", 0);
        ArrayNode groups = node.putArray("groups");
        if (differ > 0) {
            groups.addArray().add("eu");
            groups.addArray().add("us");
        }
        return node;
    }
}
