package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.status.DatasetStatus;
import io.trueup.status.PartitionStatus;
import io.trueup.status.ReplicaStatus;
import io.trueup.status.State;
import java.util.Collection;
import java.util.List;

/** A status as JSON: what {@code trueup status --output json} prints, and the paths of the interface answer. */
public final class StatusJson {

    private StatusJson() {}

    /** All of it. */
    public static ObjectNode of(DatasetStatus status) {
        ObjectNode json = summary(status);
        json.set("partitions", partitions(status));
        return json;
    }

    /** The dataset as a whole, and its replicas. */
    static ObjectNode summary(DatasetStatus status) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("dataset", status.dataset());
        Json.time(json, "time", status.nowMs());
        json.put("state", status.state().name())
                .put("sentence", status.sentence())
                .put("observing", status.observing());
        Json.names(json, "states", names(status.states()));
        Json.names(json, "chips", status.chips());
        ObjectNode paused = json.putObject("paused");
        status.paused().forEach((replica, one) -> Json.time(paused, replica, one.sinceMs()));
        ObjectNode pausedIn = json.putObject("pausedIn");
        status.paused()
                .forEach((replica, one) -> pausedIn.putObject(replica)
                        .put("partitions", one.partitions())
                        .put("of", one.of()));
        ObjectNode windows = json.putObject("windows");
        status.windows().forEach((replica, window) -> {
            ObjectNode one = windows.putObject(replica).put("perSecond", window.perSecond());
            Json.time(one, "until", window.untilMs());
        });
        leftOut(json.putObject("leftOut"), status.leftOut());
        ArrayNode needs = json.putArray("needs");
        status.needs()
                .forEach(need -> needs.addObject().put("text", need.text()).put("command", need.command()));
        ArrayNode replicas = json.putArray("replicas");
        for (ReplicaStatus replica : status.replicas()) {
            ObjectNode one = replicas.addObject()
                    .put("replica", replica.name())
                    .put("partitions", replica.partitions())
                    .put("deadLetters", replica.malformed());
            Json.number(one, "keys", replica.keys());
            Json.time(one, "reported", replica.reportedMs());
        }
        return json;
    }

    /** The partitions that have more than one owner, in order. */
    static ArrayNode partitions(DatasetStatus status) {
        ArrayNode partitions = JsonNodeFactory.instance.arrayNode();
        for (PartitionStatus partition : status.partitions()) {
            ObjectNode one = partitions
                    .addObject()
                    .put("partition", partition.partition())
                    .put("state", partition.state().name())
                    .put("keys", partition.entries());
            Json.names(one, "states", names(partition.states()));
            Json.time(one, "equalAt", partition.cuts().equalMs());
            Json.time(one, "differentSince", partition.cuts().differentSinceMs());
            Json.time(one, "differentAt", partition.cuts().differentMs());
            Json.time(one, "reported", partition.cuts().reportedMs());
            one.put("roundsWithoutComparison", partition.cuts().withoutComparison());
            differences(one, partition.differences());
            Json.counts(one, "sent", partition.repairs().sent());
            one.put("verified", partition.repairs().verified());
            one.put("declined", partition.repairs().declined());
            one.put("failed", partition.repairs().failed());
            Json.counts(one, "heldBack", partition.repairs().heldBack());
            ObjectNode paused = one.putObject("paused");
            partition.repairs().pausedSinceMs().forEach((replica, ms) -> Json.time(paused, replica, ms));
            Json.counts(one, "needsPerson", partition.needsPerson());
            waits(one.putArray("waits"), partition);
            owners(one, partition.owners());
            Json.names(one, "notes", partition.notes());
        }
        return partitions;
    }

    private static List<String> names(Collection<State> states) {
        return states.stream().map(State::name).toList();
    }

    private static void leftOut(ObjectNode json, DatasetStatus.LeftOut leftOut) {
        json.put("partitionsWithOneOwner", leftOut.singleOwner());
        ArrayNode ahead = json.putArray("ahead");
        leftOut.ahead()
                .forEach(replica -> ahead.addObject()
                        .put("replica", replica.replica())
                        .put("reports", replica.reports())
                        .put("byMs", replica.byMs()));
        json.put("unread", leftOut.unread());
        Json.names(json, "unreadExamples", leftOut.unreadExamples());
    }

    private static void differences(ObjectNode json, PartitionStatus.Differences differences) {
        Json.counts(json, "different", differences.byKind());
        Json.number(json, "differentKeys", differences.keys());
        Json.names(json, "differentTargets", differences.targets());
    }

    private static void waits(ArrayNode json, PartitionStatus partition) {
        for (PartitionStatus.Wait wait : partition.waits()) {
            ObjectNode one = json.addObject()
                    .put("target", wait.target())
                    .put("reason", wait.reason())
                    .put("keys", wait.keys());
            Json.time(one, "since", wait.sinceMs());
            Json.time(one, "needsPersonFrom", wait.untilMs());
        }
    }

    private static void owners(ObjectNode json, PartitionStatus.Owners owners) {
        Json.names(json, "owners", owners.all());
        Json.names(json, "silent", owners.silent());
        ObjectNode heard = json.putObject("lastHeard");
        owners.lastHeardMs().forEach((replica, ms) -> Json.time(heard, replica, ms));
        ArrayNode lags = json.putArray("lagging");
        for (PartitionStatus.Lag lag : owners.lags()) {
            ObjectNode one = lags.addObject()
                    .put("replica", lag.replica())
                    .put("behindMs", lag.behindMs())
                    .put("malformed", lag.malformed())
                    .put("stands", lag.stands());
            Json.time(one, "comparedFrom", lag.comparedFromMs());
        }
        Json.names(json, "apart", owners.apart());
        Json.names(json, "rebuilding", owners.rebuilding());
        Json.names(json, "disagreeing", owners.disagreeing());
    }
}
