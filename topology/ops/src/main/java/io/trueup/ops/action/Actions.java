package io.trueup.ops.action;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.command.ChangedConflictException;
import io.trueup.command.CommandFailedException;
import io.trueup.command.Commands;
import io.trueup.command.InvalidCommandException;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.InvalidBodyException;
import io.trueup.ops.http.Posted;
import io.trueup.ops.http.Route;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The paths of actions. Each request opens connections of its own and closes them: actions are rare. Each action that is carried out,
 * or fails, is a line in the log: what, by whom, from which address. Thread-safe.
 */
public final class Actions {

    /** A client of HTTP waits no longer than a connection may be idle. */
    static final Duration BROKER_TIMEOUT = Duration.ofSeconds(5);

    private static final String PATH = "/api/v1/actions/";
    private static final Logger LOG = LoggerFactory.getLogger(Actions.class);

    private final Supplier<TrueupConfig> config;

    /** @param config the configuration in force */
    public Actions(Supplier<TrueupConfig> config) {
        this.config = config;
    }

    /** What a request asks for, after its body was read. */
    interface Order {

        /** What is done, for the log: no secret, and no key of the dataset as a client has written it. */
        String text();

        /** Does it, and says what became of it. */
        Answer carryOut(Commands commands);
    }

    /** Reads the body of an action. */
    interface Reader {

        Order read(Body body, TrueupConfig config) throws InvalidBodyException;
    }

    /** The routes, and that of the conflicts to choose from. */
    public List<Route> routes() {
        return List.of(
                action("approve", ApproveOrder::read),
                action("choose", ChooseOrder::read),
                action("probe", ProbeOrder::read),
                action("pause", (body, current) -> PauseOrder.read(body, current, true)),
                action("resume", (body, current) -> PauseOrder.read(body, current, false)),
                Route.waiting("/api/v1/conflicts", new ConflictsResource(config)));
    }

    private Route action(String name, Reader reader) {
        return Route.action(PATH + name, request -> post(request, reader));
    }

    private Answer post(Posted request, Reader reader) throws InvalidBodyException {
        TrueupConfig current = config.get();
        Order order = reader.read(request.body(), current);
        String what = order.text() + ", over HTTP by " + request.user() + " from " + request.address();
        try (Commands commands = new Commands(current, BROKER_TIMEOUT)) {
            Answer answer = order.carryOut(commands);
            LOG.info("Action: {}", what);
            return answer;
        } catch (InvalidCommandException e) {
            LOG.info("Action refused: {}: {}", what, e.getMessage());
            return Answer.problem(400, "Bad Request", e.getMessage());
        } catch (ChangedConflictException e) {
            LOG.info("Action refused: {}: {}", what, e.getMessage());
            return Answer.problem(409, "Conflict", e.getMessage());
        } catch (CommandFailedException | KafkaException | RegistryUnavailableException | SchemaRefusedException e) {
            LOG.warn("Action failed: {}: {}", what, e.getMessage());
            return unavailable(e);
        }
    }

    static Answer unavailable(RuntimeException failure) {
        return Answer.problem(503, "Service Unavailable", failure.getMessage());
    }

    /**
     * The answer to an action that the reconcilers carry out.
     *
     * @param text what happens next
     * @param see the path that shows the effect
     */
    static Answer accepted(String text, String see, Commands commands) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("accepted", true)
                .put("text", text)
                .put("see", see);
        if (commands.heardByHosted()) {
            json.putNull("warning");
        } else {
            json.put(
                    "warning",
                    "The replicas of this process do not read its control.topic. Send the same action to a process of another"
                            + " cluster, too.");
        }
        return Answer.json(202, json);
    }
}
