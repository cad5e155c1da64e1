package io.trueup.ops.action;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.command.Commands;
import io.trueup.command.ProbeResult;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.InvalidBodyException;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * Compares one key now.
 *
 * @param partition empty: the one that Kafka's default partitioner chooses
 */
record ProbeOrder(byte[] key, OptionalLong partition, Duration awaited, String text) implements Actions.Order {

    private static final String PARTITION = "partition";
    private static final String WAIT = "waitMs";
    private static final long DEFAULT_WAIT_MS = 5_000;
    private static final long MAX_WAIT_MS = 15_000;

    static ProbeOrder read(Body body, TrueupConfig config) throws InvalidBodyException {
        body.allow(Fields.KEY, Fields.KEY_HEX, PARTITION, WAIT);
        byte[] key = Fields.key(body);
        return new ProbeOrder(
                key,
                body.number(PARTITION, 0, Integer.MAX_VALUE),
                Duration.ofMillis(body.number(WAIT, 1, MAX_WAIT_MS).orElse(DEFAULT_WAIT_MS)),
                "probe " + Fields.logged(key, config));
    }

    @Override
    public Answer carryOut(Commands commands) {
        int asked = partition.isPresent() ? (int) partition.getAsLong() : commands.partitionOf(key);
        ProbeResult result = commands.probe(key, asked, awaited);
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put(PARTITION, result.partition())
                .put("cut", Instant.ofEpochMilli(result.cutMs()).toString())
                .put("agree", result.agree())
                .put("text", text(result));
        ArrayNode answers = json.putArray("answers");
        result.answers().forEach((replica, entry) -> {
            ObjectNode one = answers.addObject().put(Fields.REPLICA, replica);
            entry.ifPresentOrElse(held -> one.set("entry", EntryJson.of(held)), () -> one.putNull("entry"));
        });
        ArrayNode silent = json.putArray("silent");
        result.silent().forEach(silent::add);
        ArrayNode repairs = json.putArray("repairs");
        result.repairs()
                .forEach(repair -> repairs.addObject()
                        .put("target", repair.target())
                        .put("version", Long.toString(repair.version()))
                        .put("deleted", repair.deleted()));
        return Answer.json(200, json);
    }

    private String text(ProbeResult result) {
        if (!result.repairs().isEmpty()) {
            return "They differ; " + result.repairs().size() + " repairs were sent.";
        }
        if (result.answers().size() < 2) {
            return "Fewer than two replicas have answered within " + awaited.toMillis() + " ms: nothing is compared.";
        }
        return result.agree()
                ? "All replicas that answered hold the same."
                : "They differ, and no repair was sent within " + awaited.toMillis()
                        + " ms. Possible reasons: a write within grace, a replica that lags, a repair already under way, a"
                        + " conflict, the flood guard, paused repairs, mode=observe.";
    }
}
