package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.DatasetView;
import io.trueup.ops.rounds.ReplicaProgress;
import io.trueup.status.DatasetStatus;
import io.trueup.status.ReplicaStatus;
import io.trueup.status.State;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** {@code /api/v1/status}: whether the replicas are equal, since when, and what needs a person. */
public final class StatusResource implements Resource {

    private final Supplier<Optional<DatasetView>> view;

    /** @param view the dataset now; empty until the reports were read once */
    public StatusResource(Supplier<Optional<DatasetView>> view) {
        this.view = view;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow();
        return view.get().map(StatusResource::json).orElseGet(Json::notRead);
    }

    private static Answer json(DatasetView view) {
        DatasetStatus status = view.status();
        ObjectNode json = Json.dataset(view)
                .put("state", status.state().name())
                .put("sentence", status.sentence())
                .put("observing", status.observing());
        ObjectNode states = json.putObject("partitions");
        for (State state : State.values()) {
            states.put(state.name(), status.in(state).size());
        }
        ArrayNode needs = json.putArray("needs");
        status.needs().forEach(need -> {
            ObjectNode one = needs.addObject().put("text", need.text());
            if (need.command().isEmpty()) {
                one.putNull("command");
            } else {
                one.put("command", need.command());
            }
        });
        Map<String, ReplicaProgress> progress =
                view.progress().stream().collect(Collectors.toMap(ReplicaProgress::replica, Function.identity()));
        ArrayNode replicas = json.putArray("replicas");
        for (ReplicaStatus replica : status.replicas()) {
            ObjectNode one = replicas.addObject()
                    .put("replica", replica.name())
                    .put("partitions", replica.partitions())
                    .put("keys", replica.keys())
                    .put("deadLetters", replica.malformed())
                    .put("agreementAgeMs", progress.get(replica.name()).agreementAgeMs())
                    .put("lagMs", progress.get(replica.name()).lagMs());
            Json.time(one, "reported", replica.reportedMs());
        }
        return Answer.json(200, json);
    }
}
