package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.EventStreams;
import io.trueup.ops.rounds.DatasetView;
import io.trueup.ops.rounds.RoundsListener;
import io.trueup.schema.RoundReport;
import io.trueup.status.DatasetStatus;
import io.trueup.status.StateChanges;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/v1/events}: an event for each report of a round, and one for each change of the state of the dataset, which is a line in
 * the log, too. Called by one thread.
 */
public final class RoundEvents implements RoundsListener {

    private static final Logger LOG = LoggerFactory.getLogger(RoundEvents.class);

    private final EventStreams streams;
    private final StateChanges changes = new StateChanges();

    public RoundEvents(EventStreams streams) {
        this.streams = streams;
    }

    @Override
    public void reported(RoundReport report) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("replica", report.getReplica())
                .put("partition", report.getPartition());
        Json.time(json, "cut", report.getCut());
        json.put("outcome", report.getOutcome().name());
        Json.counts(json, "different", report.getDivergences());
        Json.counts(json, "sent", report.getRepairs());
        streams.publish("round", json);
    }

    @Override
    public void viewed(DatasetView view) {
        DatasetStatus status = view.status();
        for (StateChanges.Change change : changes.to(status)) {
            if (change.warns()) {
                LOG.warn("{}: {}", status.dataset(), change.text());
            } else {
                LOG.info("{}: {}", status.dataset(), change.text());
            }
            ObjectNode json = JsonNodeFactory.instance
                    .objectNode()
                    .put("state", status.state().name())
                    .put("text", change.text())
                    .put("warns", change.warns());
            Json.time(json, "time", status.nowMs());
            streams.publish("state", json);
        }
    }
}
