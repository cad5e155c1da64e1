package io.trueup.ops.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.config.http.HttpSettings;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.rounds.DatasetView;
import io.trueup.ops.rounds.ReplicaProgress;
import io.trueup.status.DatasetStatus;
import io.trueup.status.State;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** {@code /api/v1/status}: whether the replicas are equal, since when, and what needs a person. */
public final class StatusResource implements Resource {

    private final Supplier<Optional<DatasetView>> view;

    private final String noActions;
    private final Predicate<String> isRepaired;

    /**
     * @param view the dataset now; empty until the reports were read once
     * @param http shows whether actions are possible
     * @param isRepaired whether repairs are sent to a replica: none are to a source
     */
    public StatusResource(Supplier<Optional<DatasetView>> view, HttpSettings http, Predicate<String> isRepaired) {
        this.view = view;
        this.isRepaired = isRepaired;
        boolean hasCredentials = http.token().isPresent() || http.basic().isPresent();
        noActions = hasCredentials ? null : HttpSettings.NO_ACTIONS;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow();
        return view.get().map(this::json).orElseGet(Json::notRead);
    }

    private Answer json(DatasetView view) {
        DatasetStatus status = view.status();
        ObjectNode json = StatusJson.summary(status).put("current", view.isRead());
        json.put("noActions", noActions);
        ObjectNode states = json.putObject("partitionsByState");
        for (State state : State.values()) {
            states.put(
                    state.name(),
                    status.partitions().stream()
                            .filter(partition -> partition.state() == state)
                            .count());
        }
        Map<String, ReplicaProgress> progress =
                view.progress().stream().collect(Collectors.toMap(ReplicaProgress::replica, Function.identity()));
        for (JsonNode replica : json.get("replicas")) {
            String name = replica.get("replica").textValue();
            ReplicaProgress of = progress.get(name);
            ((ObjectNode) replica)
                    .put("agreementAgeMs", of.agreementAgeMs())
                    .put("lagMs", of.lagMs())
                    .put("repaired", isRepaired.test(name));
        }
        return Answer.json(200, json);
    }
}
