package io.trueup.cli.history;

import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.failure.KeyFormat;
import io.trueup.history.Event;
import io.trueup.history.Round;
import io.trueup.history.Rounds;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Rounds for programs, a JSON object each. Times are ISO 8601 in UTC, durations are in milliseconds. */
final class HistoryJson implements Rounds.Listener {

    private final JsonLines lines;

    HistoryJson(JsonLines lines) {
        this.lines = lines;
    }

    @Override
    public void round(Round round) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "round");
        json.put("cut", Formats.time(round.cutMs()));
        json.put("partition", round.partition());
        json.put("outcome", round.outcome());
        json.put("reportedBy", round.reporters());
        json.put("silent", round.silent());
        json.put("lagging", round.lagging());
        json.put("disagreeing", round.disagreeing());
        json.put("seeding", round.seeding());
        json.put("entries", round.entries());
        json.put("segments", round.segments());
        json.put("keys", round.keys());
        json.put("divergences", round.divergences());
        json.put("repairs", round.repairs());
        json.put("verified", round.verified());
        json.put("declined", round.declined());
        json.put("took", took(round));
        json.put("waiting", round.waiting());
        json.put("failed", round.failed());
        json.put("conflicts", round.conflicts());
        json.put("guarded", round.guarded());
        json.put("controlMessages", round.controlMessages());
        json.put("controlBytes", round.controlBytes());
        json.put("control", round.control());
        json.put("durationMs", round.durationMs());
        json.put("notes", HistoryText.notes(round));
        lines.print(json);
    }

    private static Map<String, Object> took(Round round) {
        Map<String, Object> took = new TreeMap<>();
        round.took().forEach((target, time) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("repairs", time.count());
            json.put("leastMs", time.leastMs());
            json.put("mostMs", time.mostMs());
            json.put("exact", time.exact());
            took.put(target, json);
        });
        return took;
    }

    @Override
    public void command(Event.ControlSent command) {
        Map<String, Object> json = event("command", command);
        json.put("partition", command.message().getPartition());
        json.put("words", HistoryText.command(command.message().getBody()));
        lines.print(json);
    }

    @Override
    public void conflict(Event.ConflictUpdated conflict) {
        boolean settled = conflict.conflict() == null;
        Map<String, Object> json = event("conflict", conflict);
        json.put("key", KeyFormat.of(conflict.key()));
        json.put("settled", settled);
        json.put("words", settled ? "settled" : HistoryText.sides(conflict.conflict()));
        lines.print(json);
    }

    private static Map<String, Object> event(String type, Event event) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", type);
        json.put("time", Formats.time(event.place().timeMs()));
        json.put("place", event.place().toString());
        return json;
    }
}
