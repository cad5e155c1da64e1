package io.trueup.ops.http;

import java.io.IOException;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/**
 * Answers what the server itself refuses: requests that are no HTTP, that are too large, or whose path cannot be read. The answer
 * has neither the text of an exception nor the name of the server.
 */
final class Problems extends ErrorHandler {

    /** Statuses of 500 and above are for failures of this process: a request that asks for the impossible is none. */
    private static int status(int code) {
        return code == HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 || code == HttpStatus.NOT_IMPLEMENTED_501
                ? HttpStatus.BAD_REQUEST_400
                : code;
    }

    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }

    @Override
    protected void generateResponse(
            Request request, Response response, int code, String message, Throwable cause, Callback callback)
            throws IOException {
        Exchange.send(response, answer(status(code)), callback);
    }

    private static Answer answer(int status) {
        return Answer.problem(status, HttpStatus.getMessage(status), detail(status));
    }

    private static String detail(int status) {
        return switch (status) {
            case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431, HttpStatus.URI_TOO_LONG_414 ->
                "the request has more than " + HttpServer.MAX_HEADER_BYTES + " bytes of address and headers";
            case HttpStatus.PAYLOAD_TOO_LARGE_413 ->
                "the request has a body of more than " + HttpServer.MAX_BODY_BYTES + " bytes";
            default ->
                status < HttpStatus.INTERNAL_SERVER_ERROR_500
                        ? "the request cannot be read as HTTP/1.1"
                        : "the request could not be answered; the log of the process says why";
        };
    }
}
