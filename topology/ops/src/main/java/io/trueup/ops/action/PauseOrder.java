package io.trueup.ops.action;

import io.trueup.command.Commands;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.InvalidBodyException;
import java.util.Optional;

/**
 * Pauses repairs, or resumes them.
 *
 * @param replica empty for all replicas
 */
record PauseOrder(Optional<String> replica, boolean pauses) implements Actions.Order {

    static PauseOrder read(Body body, TrueupConfig config, boolean pauses) throws InvalidBodyException {
        Optional<String> replica = body.allow(Fields.REPLICA).text(Fields.REPLICA);
        if (replica.isPresent()) {
            Fields.repaired(config, replica.get());
        }
        return new PauseOrder(replica, pauses);
    }

    private String whose() {
        return "repairs of " + replica.orElse("all replicas");
    }

    @Override
    public String text() {
        return (pauses ? "pause " : "resume ") + whose();
    }

    @Override
    public Answer carryOut(Commands commands) {
        if (pauses) {
            commands.pause(replica);
        } else {
            commands.resume(replica);
        }
        return Actions.accepted(
                "Sent to the reconcilers: " + whose() + " are "
                        + (pauses
                                ? "paused, until they are resumed. The status names them after the next round."
                                : "resumed. The next rounds repair what differs."),
                "/api/v1/status",
                commands);
    }
}
