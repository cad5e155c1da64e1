package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.DatasetView;
import io.trueup.status.PartitionStatus;
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
        ObjectNode json = Json.dataset(view);
        ArrayNode partitions = json.putArray("partitions");
        view.status().partitions().forEach(partition -> add(partitions.addObject(), partition));
        return Answer.json(200, json);
    }

    private static void add(ObjectNode json, PartitionStatus partition) {
        json.put("partition", partition.partition())
                .put("state", partition.state().name())
                .put("keys", partition.entries());
        Json.time(json, "equalAt", partition.cuts().equalMs());
        Json.time(json, "differentSince", partition.cuts().differentSinceMs());
        Json.time(json, "reported", partition.cuts().reportedMs());
        Json.counts(json, "different", partition.different());
        Json.counts(json, "sent", partition.repairs().sent());
        json.put("verified", partition.repairs().verified());
        json.put("failed", partition.repairs().failed());
        Json.counts(json, "heldBack", partition.repairs().heldBack());
        Json.counts(json, "needsPerson", partition.needsPerson());
        ArrayNode waits = json.putArray("waits");
        partition.waits().forEach(wait -> {
            ObjectNode one = waits.addObject()
                    .put("target", wait.target())
                    .put("reason", wait.reason())
                    .put("keys", wait.keys());
            Json.time(one, "since", wait.sinceMs());
        });
        Json.names(json, "owners", partition.owners().all());
        Json.names(json, "silent", partition.owners().silent());
        Json.names(json, "lagging", partition.owners().lagging());
        Json.names(json, "rebuilding", partition.owners().rebuilding());
        Json.names(json, "disagreeing", partition.owners().disagreeing());
        Json.names(json, "notes", partition.notes());
    }
}
