package io.trueup.replica;

/** A partition was not scanned to its end, so nothing is known about its other rows. The message contains the place and what to do. */
public final class ScanFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ScanFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
