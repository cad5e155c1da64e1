package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.command.EntryView;
import io.trueup.failure.Failures;
import io.trueup.failure.KeyFormat;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.ops.tree.ComparedTree;
import io.trueup.ops.tree.SegmentKey;
import io.trueup.ops.tree.TreeNode;
import io.trueup.ops.tree.TreeReader;
import io.trueup.ops.tree.TreeView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/**
 * {@code /api/v1/tree}: where the trees of the replicas differ in one partition, level by level from the root to one segment, as the replicas
 * have exchanged it in one round, and which keys differ in this segment. Reads the latest records of some topics each time. Shows no hash of
 * a node, and no value.
 */
public final class TreeResource implements Resource {

    /** So many keys of a segment are listed at most. */
    static final int MAX_KEYS = 500;
    /** So many levels are descended at once: 16 nodes. */
    private static final int STEP = 4;

    private static final String PARTITION = "partition";
    private static final String SEGMENT = "segment";
    private static final String CUT = "cut";
    private static final int NONE = -1;

    private final Supplier<Optional<DatasetRounds>> rounds;
    private final TreeReader reader;

    /** @param rounds the reports; empty until they were read once */
    public TreeResource(Supplier<Optional<DatasetRounds>> rounds, TreeReader reader) {
        this.rounds = rounds;
        this.reader = reader;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow(PARTITION, SEGMENT, "level", CUT);
        query.requiredText(PARTITION);
        int partition = query.number(PARTITION, NONE, 0, Integer.MAX_VALUE);
        Optional<DatasetRounds> known = rounds.get();
        if (known.isEmpty()) {
            return Json.notRead();
        }
        if (partition >= known.get().partitions()) {
            throw new InvalidQueryException("there is no partition " + partition + "; they are numbered from 0 to "
                    + (known.get().partitions() - 1));
        }
        int bits = known.get().segmentBits();
        int segment = query.number(SEGMENT, NONE, 0, (1 << bits) - 1);
        int level = query.number("level", segment == NONE ? 0 : bits, 0, bits);
        boolean isSegment = segment != NONE && level == bits;
        try {
            TreeView view = reader.read(partition, query.time(CUT), isSegment);
            return Answer.json(200, json(view, Math.max(0, segment), level, isSegment, known.get()));
        } catch (KafkaException e) {
            return unavailable("the brokers do not answer about the topics of the partition: " + Failures.reason(e));
        } catch (RegistryUnavailableException | SchemaRefusedException e) {
            return unavailable(e.getMessage());
        }
    }

    private static Answer unavailable(String detail) {
        return Answer.problem(503, "Service Unavailable", detail);
    }

    private static ObjectNode json(TreeView view, int segment, int level, boolean isSegment, DatasetRounds known) {
        ComparedTree tree = view.tree();
        ObjectNode json = JsonNodeFactory.instance.objectNode().put(PARTITION, view.partition());
        Json.time(json, CUT, view.cutMs());
        Json.names(json, "replicas", tree.replicas());
        json.put("segments", 1 << tree.bits()).put("sketched", view.isSketched());
        add(json.putObject("root"), tree.node(0, 0));
        ArrayNode strips = json.putArray("strips");
        int at = 0;
        while (at < tree.bits() && at <= level) {
            int below = Math.min(tree.bits(), at + STEP);
            add(strips.addObject(), tree, at, segment >> tree.bits() - at, below);
            at = below;
        }
        if (isSegment) {
            List<SegmentKey> keys = view.keys().getOrDefault(segment, List.of());
            ObjectNode shown = json.putObject(SEGMENT).put("index", segment).put("differing", keys.size());
            ArrayNode array = shown.putArray("keys");
            Map<String, byte[]> reported = known.reportedKeys(view.partition());
            keys.stream().limit(MAX_KEYS).forEach(key -> add(array.addObject(), key, reported));
        } else {
            json.putNull(SEGMENT);
        }
        json.put("partial", view.isPartial());
        ArrayNode ranges = json.putArray("read");
        view.ranges().forEach(range -> KeyResource.add(ranges.addObject(), range));
        return json;
    }

    private static void add(ObjectNode json, ComparedTree tree, int level, int index, int below) {
        json.put("parentLevel", level).put("parent", index).put("level", below);
        ArrayNode nodes = json.putArray("nodes");
        tree.below(level, index, below).forEach(node -> add(nodes.addObject(), node));
    }

    private static void add(ObjectNode json, TreeNode node) {
        json.put("index", node.index())
                .put("state", node.state().name())
                .put("firstSegment", node.firstSegment())
                .put("lastSegment", node.lastSegment())
                .put("differing", node.differing())
                .put("unresolved", node.unresolved());
        ArrayNode groups = json.putArray("groups");
        node.groups().forEach(group -> {
            ArrayNode names = groups.addArray();
            group.forEach(names::add);
        });
    }

    private static void add(ObjectNode json, SegmentKey key, Map<String, byte[]> reported) {
        Optional<byte[]> bytes = key.key().or(() -> Optional.ofNullable(reported.get(key.keyHash())));
        json.put("keyHash", key.keyHash())
                .put("key", bytes.map(KeyFormat::of).orElse(null))
                .put("keyHex", bytes.map(KeyFormat::hex).orElse(null));
        ArrayNode replicas = json.putArray("replicas");
        new TreeMap<>(key.entries()).forEach((replica, held) -> {
            boolean isKnown =
                    held.isPresent() && !held.get().isAbsence() && !held.get().isUnread();
            ObjectNode one = replicas.addObject()
                    .put("replica", replica)
                    .put("holds", held.map(TreeResource::holds).orElse("NOTHING"))
                    .put("version", isKnown ? held.get().shownVersion() : null);
            Json.time(one, "position", isKnown ? OptionalLong.of(held.get().positionMs()) : OptionalLong.empty());
        });
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
