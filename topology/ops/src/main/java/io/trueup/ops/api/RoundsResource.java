package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.RoundReport;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** {@code /api/v1/rounds}: the latest reports of rounds, the last one first. */
public final class RoundsResource implements Resource {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1_000;
    private static final int ANY = -1;

    private final Supplier<Optional<DatasetRounds>> rounds;

    /** @param rounds the reports; empty until they were read once */
    public RoundsResource(Supplier<Optional<DatasetRounds>> rounds) {
        this.rounds = rounds;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow("limit", "partition", "cut");
        int limit = query.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
        int partition = query.number("partition", ANY, 0, Integer.MAX_VALUE);
        OptionalLong cutMs = query.time("cut");
        Predicate<RoundReport> wanted = report -> (partition == ANY || report.getPartition() == partition)
                && (cutMs.isEmpty() || report.getCut() == cutMs.getAsLong());
        return rounds.get().map(known -> json(known, wanted, limit)).orElseGet(Json::notRead);
    }

    private static Answer json(DatasetRounds known, Predicate<RoundReport> wanted, int limit) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode rounds = json.putArray("rounds");
        known.latest(wanted, limit).forEach(report -> add(rounds.addObject(), report, known));
        return Answer.json(200, json);
    }

    private static void add(ObjectNode json, RoundReport report, DatasetRounds known) {
        json.put("replica", report.getReplica())
                .put("partition", report.getPartition())
                .put("round", report.getRound());
        Json.time(json, "cut", report.getCut());
        json.put("outcome", report.getOutcome().name())
                .put("note", report.getNote())
                .put("roundsWithoutComparison", report.getRoundsWithoutComparison());
        Json.names(json, "heard", report.getHeard());
        Json.names(json, "silent", report.getSilent());
        Json.names(json, "lagging", report.getLagging());
        Json.names(json, "rebuilding", report.getRebuilding());
        Json.names(json, "disagreeing", report.getDisagreeing());
        json.put("root", report.getRoot())
                .put("keys", report.getEntries())
                .put("comparedSegments", report.getSegments())
                .put("comparedKeys", report.getKeys());
        Json.counts(json, "different", report.getDivergences());
        Json.counts(json, "sent", report.getRepairs());
        json.put("waiting", report.getWaiting())
                .put("verified", report.getVerified())
                .put("declined", report.getDeclined())
                .put("failed", report.getFailed());
        Json.counts(json, "heldBack", report.getGuarded());
        Json.counts(json, "needsPerson", report.getNeedsPerson());
        json.put("deadLetters", report.getMalformed())
                .put("controlMessages", report.getControlMessages())
                .put("controlBytes", report.getControlBytes())
                .put("sealedAfterMs", report.getSealedAfterMs())
                .put("durationMs", report.getDurationMs());
        ArrayNode sample = json.putArray("sample");
        report.getSample().forEach(key -> add(sample.addObject(), key, known));
    }

    private static void add(ObjectNode json, DivergentKey key, DatasetRounds known) {
        json.put("keyHash", key.getKeyHash());
        Json.number(json, "segment", known.segment(key.getKeyHash()));
        json.put("key", key.getKey() == null ? null : text(key.getKey().duplicate()));
        json.put("keyHex", key.getKey() == null ? null : hex(key.getKey().duplicate()));
        json.put("target", key.getTarget())
                .put("kind", key.getKind())
                .put("supplier", key.getSupplier())
                .put("action", key.getAction())
                .put("reason", key.getReason());
        Json.time(json, "since", key.getSince() == null ? OptionalLong.empty() : OptionalLong.of(key.getSince()));
    }

    /** The key as text; null if it is none. */
    private static String text(ByteBuffer key) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(key).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static String hex(ByteBuffer key) {
        byte[] bytes = new byte[key.remaining()];
        key.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
