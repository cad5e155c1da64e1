package io.trueup.ops.action;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.command.CommandFailedException;
import io.trueup.command.Commands;
import io.trueup.command.ConflictsTopicReader;
import io.trueup.command.OpenConflict;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/** {@code /api/v1/conflicts}: the keys for which a person must choose, the oldest conflict first. Reads the conflicts topic each time. */
final class ConflictsResource implements Resource {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1_000;

    private final Supplier<TrueupConfig> config;

    ConflictsResource(Supplier<TrueupConfig> config) {
        this.config = config;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        int limit = query.allow("limit").number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
        try (Commands commands = new Commands(config.get(), Actions.BROKER_TIMEOUT)) {
            return Answer.json(200, json(commands.readConflicts(), limit));
        } catch (CommandFailedException | KafkaException | RegistryUnavailableException | SchemaRefusedException e) {
            return Actions.unavailable(e);
        }
    }

    private static ObjectNode json(ConflictsTopicReader read, int limit) {
        List<OpenConflict> conflicts = read.conflicts();
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("total", conflicts.size())
                .put("unreadable", read.unreadable().size());
        ArrayNode listed = json.putArray("conflicts");
        conflicts.stream().limit(limit).forEach(conflict -> add(listed.addObject(), conflict));
        return json;
    }

    private static void add(ObjectNode json, OpenConflict conflict) {
        json.put("key", text(conflict.key()))
                .put("keyHex", HexFormat.of().formatHex(conflict.key()))
                .put("partition", conflict.partition())
                .put("since", Instant.ofEpochMilli(conflict.sinceMs()).toString())
                .put("reason", conflict.reason())
                .put("revision", conflict.revision());
        ArrayNode sides = json.putArray("sides");
        for (OpenConflict.Side side : conflict.sides()) {
            ObjectNode one = sides.addObject();
            ArrayNode replicas = one.putArray("replicas");
            side.replicas().forEach(replicas::add);
            one.set("entry", EntryJson.of(side.entry()));
        }
    }

    /** The key as text; null if it is none. */
    private static String text(byte[] key) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
