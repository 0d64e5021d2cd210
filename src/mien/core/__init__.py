"""What every part uses: files, inputs, processes, progress, the terminal."""
