/** The table of a replica in SQLite or PostgreSQL: its transactions, its SQL, and reading it from outside. */
package io.trueup.replica.table;
