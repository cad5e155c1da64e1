package io.trueup.ops.action;

import io.trueup.command.Commands;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.InvalidBodyException;
import java.util.List;
import java.util.Optional;

/**
 * Settles a conflict: what a replica holds wins.
 *
 * @param revision of the conflict that was listed when the choice was made: what a person has not seen is not chosen
 */
record ChooseOrder(byte[] key, String replica, String revision, String text) implements Actions.Order {

    private static final String REVISION = "revision";

    static ChooseOrder read(Body body, TrueupConfig config) throws InvalidBodyException {
        body.allow(Fields.KEY, Fields.KEY_HEX, Fields.REPLICA, REVISION);
        byte[] key = Fields.key(body);
        String replica = body.requiredText(Fields.REPLICA);
        List<String> replicas = config.replicas();
        if (!replicas.contains(replica)) {
            throw new InvalidBodyException(Fields.REPLICA + " is none of " + String.join(", ", replicas));
        }
        return new ChooseOrder(
                key,
                replica,
                body.requiredText(REVISION),
                "choose what " + replica + " holds for " + Fields.logged(key, config));
    }

    @Override
    public Answer carryOut(Commands commands) {
        commands.choose(key, replica, Optional.of(revision));
        return Actions.accepted(
                "Sent to the reconcilers: what " + replica + " holds for the key wins. The next rounds repair the other"
                        + " replicas; the conflict is listed until all hold the same.",
                "/api/v1/conflicts",
                commands);
    }
}
