package io.trueup.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.cli.shell.Formats;
import io.trueup.status.DatasetStatus;
import io.trueup.status.PartitionStatus;
import io.trueup.status.ReplicaStatus;
import io.trueup.status.State;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;

/** A status as one JSON object. */
final class StatusJson {

    private StatusJson() {}

    static ObjectNode of(DatasetStatus status) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("dataset", status.dataset());
        json.put("time", Formats.time(status.nowMs()));
        json.put("state", status.state().name());
        json.put("sentence", status.sentence());
        json.put("observing", status.observing());
        names(json, "states", status.states().stream().map(State::name).toList());
        leftOut(json.putObject("leftOut"), status.leftOut());
        ArrayNode needs = json.putArray("needs");
        status.needs()
                .forEach(need -> needs.addObject().put("text", need.text()).put("command", need.command()));
        ArrayNode replicas = json.putArray("replicas");
        for (ReplicaStatus replica : status.replicas()) {
            ObjectNode one = replicas.addObject()
                    .put("replica", replica.name())
                    .put("partitions", replica.partitions())
                    .put("keys", replica.keys())
                    .put("malformed", replica.malformed());
            time(one, "reported", replica.reportedMs());
        }
        ArrayNode partitions = json.putArray("partitions");
        for (PartitionStatus partition : status.partitions()) {
            ObjectNode one = partitions
                    .addObject()
                    .put("partition", partition.partition())
                    .put("state", partition.state().name())
                    .put("keys", partition.entries());
            names(one, "states", partition.states().stream().map(State::name).toList());
            time(one, "equalAt", partition.cuts().equalMs());
            time(one, "differentSince", partition.cuts().differentSinceMs());
            time(one, "differentAt", partition.cuts().differentMs());
            time(one, "reported", partition.cuts().reportedMs());
            one.put("roundsWithoutComparison", partition.cuts().withoutComparison());
            differences(one, partition.differences());
            put(one.putObject("sent"), partition.repairs().sent());
            one.put("verified", partition.repairs().verified());
            one.put("declined", partition.repairs().declined());
            one.put("failed", partition.repairs().failed());
            put(one.putObject("heldBack"), partition.repairs().heldBack());
            put(one.putObject("needsPerson"), partition.needsPerson());
            waits(one.putArray("waits"), partition);
            owners(one, partition.owners());
            names(one, "notes", partition.notes());
        }
        return json;
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
        names(json, "unreadExamples", leftOut.unreadExamples());
    }

    private static void differences(ObjectNode json, PartitionStatus.Differences differences) {
        put(json.putObject("different"), differences.byKind());
        if (differences.keys().isPresent()) {
            json.put("differentKeys", differences.keys().getAsLong());
        } else {
            json.putNull("differentKeys");
        }
        names(json, "differentTargets", differences.targets());
    }

    private static void waits(ArrayNode json, PartitionStatus partition) {
        for (PartitionStatus.Wait wait : partition.waits()) {
            ObjectNode one = json.addObject()
                    .put("target", wait.target())
                    .put("reason", wait.reason())
                    .put("keys", wait.keys())
                    .put("since", Formats.time(wait.sinceMs()));
            time(one, "needsPersonFrom", wait.untilMs());
        }
    }

    private static void owners(ObjectNode json, PartitionStatus.Owners owners) {
        names(json, "owners", owners.all());
        names(json, "silent", owners.silent());
        ObjectNode heard = json.putObject("lastHeard");
        owners.lastHeardMs().forEach((replica, ms) -> heard.put(replica, Formats.time(ms)));
        ArrayNode lags = json.putArray("lagging");
        for (PartitionStatus.Lag lag : owners.lags()) {
            ObjectNode one = lags.addObject()
                    .put("replica", lag.replica())
                    .put("behindMs", lag.behindMs())
                    .put("malformed", lag.malformed())
                    .put("stands", lag.stands());
            time(one, "comparedFrom", lag.comparedFromMs());
        }
        names(json, "apart", owners.apart());
        names(json, "rebuilding", owners.rebuilding());
        names(json, "disagreeing", owners.disagreeing());
    }

    private static void time(ObjectNode json, String name, OptionalLong ms) {
        if (ms.isPresent()) {
            json.put(name, Formats.time(ms.getAsLong()));
        } else {
            json.putNull(name);
        }
    }

    private static void put(ObjectNode json, Map<String, Long> counts) {
        counts.forEach(json::put);
    }

    private static void names(ObjectNode json, String name, Collection<String> names) {
        ArrayNode array = json.putArray(name);
        names.forEach(array::add);
    }
}
