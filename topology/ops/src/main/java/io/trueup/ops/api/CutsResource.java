package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.CutTotals;
import io.trueup.ops.rounds.DatasetRounds;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code /api/v1/cuts}: what the reports of each of the latest cuts add up to, in order. */
public final class CutsResource implements Resource {

    private static final int DEFAULT_LIMIT = 120;
    private static final int MAX_LIMIT = 360;

    private final Supplier<Optional<DatasetRounds>> rounds;

    /** @param rounds the reports; empty until they were read once */
    public CutsResource(Supplier<Optional<DatasetRounds>> rounds) {
        this.rounds = rounds;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow("limit");
        int limit = query.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
        return rounds.get().map(known -> json(known, limit)).orElseGet(Json::notRead);
    }

    private static Answer json(DatasetRounds known, int limit) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode cuts = json.putArray("cuts");
        known.cuts(limit).forEach(cut -> add(cuts.addObject(), cut));
        return Answer.json(200, json);
    }

    private static void add(ObjectNode json, CutTotals cut) {
        Json.time(json, "cut", cut.cutMs());
        json.put("reports", cut.reports()).put("expected", cut.expected());
        Json.counts(json, "outcomes", cut.outcomes());
        Json.counts(json, "different", cut.different());
        Json.counts(json, "sent", cut.sent());
        json.put("verified", cut.verified()).put("declined", cut.declined()).put("controlBytes", cut.controlBytes());
    }
}
