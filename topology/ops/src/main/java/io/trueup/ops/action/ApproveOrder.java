package io.trueup.ops.action;

import io.trueup.command.Commands;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.InvalidBodyException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Approves repairs of a replica.
 *
 * @param unproven those that wait for a proof; false: those that the flood guard holds back
 * @param partitions none for all
 */
record ApproveOrder(String replica, boolean unproven, Instant until, List<Integer> partitions)
        implements Actions.Order {

    private static final String SCOPE = "scope";
    private static final String SECONDS = "seconds";
    private static final String PARTITIONS = "partitions";
    private static final String FLOOD = "flood";
    private static final String UNPROVEN = "unproven";
    private static final long DEFAULT_SECONDS = 3_600;
    private static final long MAX_SECONDS = 7 * 86_400;

    static ApproveOrder read(Body body, TrueupConfig config) throws InvalidBodyException {
        body.allow(Fields.REPLICA, SCOPE, SECONDS, PARTITIONS);
        String replica = Fields.repaired(config, body.requiredText(Fields.REPLICA));
        boolean unproven = body.oneOf(SCOPE, FLOOD, List.of(FLOOD, UNPROVEN)).equals(UNPROVEN);
        long seconds = body.number(SECONDS, 1, MAX_SECONDS).orElse(DEFAULT_SECONDS);
        Instant until = Instant.now().plusSeconds(seconds).truncatedTo(ChronoUnit.SECONDS);
        return new ApproveOrder(replica, unproven, until, body.numbers(PARTITIONS, 0, Integer.MAX_VALUE));
    }

    private String where() {
        return partitions.isEmpty() ? "all partitions" : "partitions " + partitions;
    }

    @Override
    public String text() {
        return "approve repairs of " + replica + (unproven ? " without a proof" : "") + " in " + where() + " until "
                + until;
    }

    @Override
    public Answer carryOut(Commands commands) {
        if (unproven) {
            commands.approveWithoutProof(replica, until, partitions);
        } else {
            commands.approve(replica, until, partitions);
        }
        return Actions.accepted(
                "Sent to the reconcilers of " + where() + ": repairs of " + replica
                        + (unproven ? " without a proof" : "") + " are approved until " + until
                        + ". The next rounds send them.",
                "/api/v1/partitions",
                commands);
    }
}
