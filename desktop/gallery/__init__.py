"""What was made: the filmstrip under the work, and the gallery room."""
