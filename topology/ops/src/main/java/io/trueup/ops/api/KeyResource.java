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
import io.trueup.ops.key.Holding;
import io.trueup.ops.key.KeyLine;
import io.trueup.ops.key.KeyReader;
import io.trueup.ops.key.KeyVerdict;
import io.trueup.ops.key.KeyView;
import io.trueup.ops.key.Place;
import io.trueup.ops.key.ReadRange;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.source.DefaultPartitioner;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/**
 * {@code /api/v1/keys}: what each replica holds for one key, which entry wins and why, and what has happened to the key. Reads the latest
 * records of some topics each time, within bounds that the answer names. Never shows a value.
 */
public final class KeyResource implements Resource {

    private static final String KEY = "key";
    private static final String PARTITION = "partition";
    private static final int BY_PARTITIONER = -1;

    private final Supplier<Optional<DatasetRounds>> rounds;
    private final KeyReader reader;

    /** @param rounds the reports; empty until they were read once */
    public KeyResource(Supplier<Optional<DatasetRounds>> rounds, KeyReader reader) {
        this.rounds = rounds;
        this.reader = reader;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow(KEY, PARTITION);
        byte[] key = key(query.requiredText(KEY));
        int asked = query.number(PARTITION, BY_PARTITIONER, 0, Integer.MAX_VALUE);
        Optional<DatasetRounds> known = rounds.get();
        if (known.isEmpty()) {
            return Json.notRead();
        }
        int partitions = known.get().partitions();
        if (asked >= partitions) {
            throw new InvalidQueryException(
                    "there is no partition " + asked + "; they are numbered from 0 to " + (partitions - 1));
        }
        int byPartitioner = DefaultPartitioner.partitionOf(key, partitions);
        int partition = asked == BY_PARTITIONER ? byPartitioner : asked;
        try {
            return Answer.json(200, json(reader.read(key, partition, known.get()), partition == byPartitioner));
        } catch (KafkaException e) {
            return unavailable("the brokers do not answer about the topics of the key: " + Failures.reason(e));
        } catch (RegistryUnavailableException | SchemaRefusedException e) {
            return unavailable(e.getMessage());
        }
    }

    private static Answer unavailable(String detail) {
        return Answer.problem(503, "Service Unavailable", detail);
    }

    private static byte[] key(String text) throws InvalidQueryException {
        try {
            return KeyFormat.parse(text, false);
        } catch (IllegalArgumentException e) {
            throw new InvalidQueryException(KEY + " begins with " + KeyFormat.HEX_PREFIX
                    + ", and is no even number of hexadecimal digits behind it");
        }
    }

    private static ObjectNode json(KeyView view, boolean isByPartitioner) {
        String text = KeyFormat.of(view.key());
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put(KEY, text)
                .put("isText", !text.startsWith(KeyFormat.HEX_PREFIX))
                .put("keyHex", KeyFormat.hex(view.key()))
                .put(PARTITION, view.partition())
                .put("segment", view.segment());
        Json.time(json, "time", view.timeMs());
        add(json, view.verdict());
        ArrayNode replicas = json.putArray("replicas");
        view.holdings().forEach(holding -> add(replicas.addObject(), holding));
        ArrayNode events = json.putArray("events");
        view.lines().forEach(line -> add(events.addObject(), line));
        json.put("olderEvents", view.olderLines()).put("partial", view.isPartial());
        json.putObject("bounds")
                .put("recordsPerPartition", KeyReader.MAX_RECORDS)
                .put("bytesPerPartition", KeyReader.MAX_BYTES)
                .put("events", KeyReader.MAX_LINES)
                .put("seconds", KeyReader.TIME.toSeconds());
        ArrayNode ranges = json.putArray("read");
        view.ranges().forEach(range -> add(ranges.addObject(), range));
        Optional<String> side = view.conflict()
                .flatMap(conflict -> conflict.sides().stream()
                        .flatMap(one -> one.replicas().stream())
                        .findFirst());
        Json.names(json, "commands", KeyCommands.of(view.key(), view.partition(), isByPartitioner, side));
        return json;
    }

    private static void add(ObjectNode json, KeyVerdict verdict) {
        json.put("state", verdict.state().name())
                .put("sentence", verdict.sentence())
                .put("winner", verdict.winner().orElse(null))
                .put("because", verdict.because().orElse(null));
        Json.names(json, "winnerHeldBy", verdict.holders());
        Json.time(json, "since", verdict.sinceMs());
        json.put("sincePlace", verdict.sincePlace().map(Place::toString).orElse(null));
    }

    private static void add(ObjectNode json, Holding holding) {
        Optional<EntryView> entry = holding.view();
        json.put("replica", holding.replica())
                .put("holds", holding.state().name())
                .put("version", entry.map(EntryView::shownVersion).orElse(null));
        Json.time(
                json,
                "position",
                entry.map(one -> OptionalLong.of(one.positionMs())).orElse(OptionalLong.empty()));
        json.put(
                "digest",
                entry.filter(one -> !one.deleted()).map(EntryView::digest).orElse(null));
        Json.number(json, "bytes", holding.valueBytes());
        Json.time(json, "expiry", holding.expiryMs());
        json.put("place", holding.written().map(Place::toString).orElse(null))
                .put("knownFrom", holding.origin().name());
        Json.time(json, "asOf", holding.asOfMs());
    }

    private static void add(ObjectNode json, KeyLine line) {
        Json.time(json, "time", line.timeMs());
        json.put("what", line.what().name())
                .put("replica", line.replica().isEmpty() ? null : line.replica())
                .put("text", line.text())
                .put("place", line.place().map(Place::toString).orElse(null));
    }

    /** What was read of a topic. */
    static void add(ObjectNode json, ReadRange range) {
        json.put("topic", range.topic())
                .put(PARTITION, range.partition())
                .put("begin", range.begin())
                .put("from", range.from())
                .put("end", range.end())
                .put("whole", range.isWhole())
                .put("unreadable", range.unreadable())
                .put("failure", range.failure().orElse(null));
    }
}
