package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.DatasetView;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code /api/v1/partitions}: the state of each partition that has more than one owner. */
public final class PartitionsResource implements Resource {

    private final Supplier<Optional<DatasetView>> view;

    /** @param view the dataset now; empty until the reports were read once */
    public PartitionsResource(Supplier<Optional<DatasetView>> view) {
        this.view = view;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow();
        return view.get().map(PartitionsResource::json).orElseGet(Json::notRead);
    }

    private static Answer json(DatasetView view) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("dataset", view.status().dataset());
        Json.time(json, "time", view.status().nowMs());
        json.put("current", view.isRead()).set("partitions", StatusJson.partitions(view.status()));
        return Answer.json(200, json);
    }
}
